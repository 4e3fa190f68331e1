using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>Listens on a port of the kernel's choice, or on a unix socket, and hands each connection to the test or to its script.</summary>
internal sealed class PeerServer : IAsyncDisposable
{
    private readonly Channel<Peer> _accepted = Channel.CreateUnbounded<Peer>();
    private readonly Socket _listener;
    private readonly ConcurrentBag<Peer> _peers = [];
    private readonly Func<Peer, Task>? _script;
    private readonly ConcurrentBag<Task> _sessions = [];
    private readonly Task _accepting;

    public PeerServer(Func<Peer, Task>? script = null, EndPoint? endPoint = null)
    {
        _script = script;
        endPoint ??= new IPEndPoint(IPAddress.Loopback, 0);
        var protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol);
        _listener.Bind(endPoint);
        _listener.Listen();
        Port = (_listener.LocalEndPoint as IPEndPoint)?.Port ?? 0;
        _accepting = AcceptLoopAsync();
    }

    public int Port { get; }

    /// <summary>Every connection so far, in no order.</summary>
    public IReadOnlyCollection<Peer> Peers => _peers;

    /// <summary>The next connection, for a server without a script.</summary>
    public Task<Peer> AcceptAsync(TimeSpan? limit = null) => _accepted.Reader.ReadAsync().AsTask().WithinAsync("a connection", limit);

    /// <summary>A connection that has come already and that nobody took.</summary>
    public bool TryAccept(out Peer? peer) => _accepted.Reader.TryRead(out peer);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var peer in _peers) peer.Dispose();
        await Task.WhenAll(_sessions).WithinAsync("the scripts of a server");
    }

    private async Task AcceptLoopAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                if (socket.ProtocolType == ProtocolType.Tcp) socket.NoDelay = true;
                var peer = new Peer(socket);
                _peers.Add(peer);
                if (_script is null) await _accepted.Writer.WriteAsync(peer);
                else _sessions.Add(RunAsync(_script, peer));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task RunAsync(Func<Peer, Task> script, Peer peer)
    {
        await Task.Yield();
        try
        {
            await script(peer);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or TimeoutException)
        {
            // The proxy closed first, or the test is over: what the test asserts says whether that was right.
        }
        finally
        {
            peer.Dispose();
        }
    }
}
