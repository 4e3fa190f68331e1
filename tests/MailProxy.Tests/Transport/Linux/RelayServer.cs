using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Features;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>
/// A proxy without a protocol: every client is joined with an upstream, whose end is the test's as well. Several lanes
/// keep tests that run side by side apart: who connects to a lane's address comes out at the lane's upstream.
/// </summary>
internal sealed class RelayServer : IAsyncDisposable
{
    // So many of the connections are watched beyond their life.
    private const int WatchedOf = 500;

    private readonly Socket[] _upstreams;
    private readonly ListenSocket[] _sockets;
    private readonly ConcurrentBag<WeakReference> _watched = [];
    private readonly Action<RelayResult> _ended;
    private EpollServer _server = null!;
    private int _running;
    private int _handled;

    private RelayServer(int lanes, int? buffer, Action<RelayResult> ended)
    {
        _ended = ended;
        // An address of its own for each lane, since two sockets of a set cannot both ask for port 0 of the same.
        _sockets = [.. Enumerable.Range(1, lanes).Select(lane =>
            new ListenSocket { EndPoint = new IPEndPoint(IPAddress.Parse($"127.0.0.{lane}"), 0), ReceiveBuffer = buffer, SendBuffer = buffer })];
        _upstreams = [.. _sockets.Select(socket => Listen(socket.EndPoint, buffer))];
    }

    /// <summary>Sessions whose handler has not returned.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Some of the connections that have been, both sides.</summary>
    public IEnumerable<WeakReference> Watched => _watched;

    public EpollServer Server => _server;

    public static async Task<RelayServer> StartAsync(Action<RelayResult> ended, int loops = 1, int lanes = 1, int? buffer = null)
    {
        var relay = new RelayServer(lanes, buffer, ended);
        relay._server = await EpollServer.StartAsync(relay.HandleAsync, loops, relay._sockets);
        return relay;
    }

    /// <summary>Where a lane's clients connect.</summary>
    public EndPoint Address(int lane = 0) => _server.Listeners.LocalEndPoints[lane];

    /// <summary>The listener that a lane's clients come out at.</summary>
    public Socket Upstream(int lane = 0) => _upstreams[lane];

    /// <summary>A session's both ends. To be called once at a time, so that the two belong together.</summary>
    public async Task<(Socket Client, Socket Upstream)> ConnectAsync(int? buffer, CancellationToken cancellationToken)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (buffer is { } bytes) (client.ReceiveBufferSize, client.SendBufferSize) = (bytes, bytes);
        await client.ConnectAsync(Address(), cancellationToken);
        return (client, await Upstream().AcceptAsync(cancellationToken));
    }

    /// <summary>Waits until no handler runs any more.</summary>
    public async Task QuietAsync(CancellationToken cancellationToken)
    {
        while (Running > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        foreach (var upstream in _upstreams) upstream.Dispose();
    }

    private async Task HandleAsync(ConnectionContext connection)
    {
        Interlocked.Increment(ref _running);
        try
        {
            var lane = Array.IndexOf(_sockets, connection.Features.GetRequiredFeature<IListenSocketFeature>().Socket);
            await using var upstream = await _server.Transport.ConnectAsync(_upstreams[lane].LocalEndPoint!);
            if (Interlocked.Increment(ref _handled) % WatchedOf == 0)
            {
                _watched.Add(new WeakReference(connection));
                _watched.Add(new WeakReference(upstream));
            }

            _ended(await connection.Features.GetRequiredFeature<IRelayFeature>().RelayAsync(upstream, RelayedSockets.Options, CancellationToken.None));
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private static Socket Listen(EndPoint endPoint, int? buffer)
    {
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (buffer is { } bytes) (listener.ReceiveBufferSize, listener.SendBufferSize) = (bytes, bytes);
        listener.Bind(endPoint);
        listener.Listen(1024);
        return listener;
    }
}
