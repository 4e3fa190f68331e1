using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace MailProxy.Transport.Sockets;

/// <summary>One address of <see cref="HttpListeners"/>: it listens, or tries to.</summary>
internal sealed class HttpAddressListener(EndPoint configured, bool isOptional, LimitedConnections connections, SocketConnectionContextFactory contexts, TimeProvider time) : IConnectionListener
{
    private const int AddressFamilyNotSupported = 97;
    private const int AddressNotAvailable = 99;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    // One waits for Kestrel; the others wait in the kernel.
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private Listener? _listener;

    public EndPoint EndPoint => _listener?.LocalEndPoint ?? configured;

    /// <summary>Why it does not listen; null while it does.</summary>
    public ListenException? Failure { get; private set; }

    public required Action<ListenException> BindFailed { get; init; }

    public required Action<EndPoint> Recovered { get; init; }

    public required Action<ListenException> AcceptFailed { get; init; }

    public void Start()
    {
        if (TryOpen() is not { } failure || (isOptional && IsUnknownHere(failure))) return;
        Failure = failure;
        BindFailed(failure);
        _ = TryAgainAsync();
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out var connection)) return connection;
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _closing.Cancel();
            _listener?.Dispose();
        }

        _accepted.Writer.TryComplete();
        while (_accepted.Reader.TryRead(out var connection)) await DropAsync(connection);
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    private async Task TryAgainAsync()
    {
        using var timer = new PeriodicTimer(RetryPause, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                if (TryOpen() is not null) continue;
                Failure = null;
                Recovered(EndPoint);
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // Unbound.
        }
    }

    /// <returns>Why not.</returns>
    private ListenException? TryOpen()
    {
        try
        {
            Open(configured);
            return null;
        }
        // A wildcard stands for IPv4 too, which may be all that there is.
        catch (ListenException exception) when (IsUnknownHere(exception) && configured is IPEndPoint { Port: var port } wildcard && wildcard.Address.Equals(IPAddress.IPv6Any))
        {
            try
            {
                Open(new IPEndPoint(IPAddress.Any, port));
                return null;
            }
            catch (ListenException second)
            {
                return second;
            }
        }
        catch (ListenException exception)
        {
            return exception;
        }
    }

    private void Open(EndPoint endPoint)
    {
        lock (_gate)
        {
            if (_closing.IsCancellationRequested) return;
            var settings = new ListenSocket { EndPoint = endPoint, Ipv6Only = false };
            _listener = new Listener(SocketOpener.Open(settings, replaceStale: true), settings, time);
            _ = _listener.RunAsync(static socket => socket.AcceptAsync(CancellationToken.None), DescriptorReserve.OfHttp, DeliverAsync, AcceptFailed);
        }
    }

    private async Task DeliverAsync(Socket socket, ListenSocket from)
    {
        ConnectionContext connection;
        try
        {
            if (from.EndPoint is IPEndPoint) socket.NoDelay = true;
            connection = contexts.Create(socket);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            socket.Dispose();                  // the client has gone again, or we have
            return;
        }

        try
        {
            await connections.AddAsync(connection, _closing.Token);
            await _accepted.Writer.WriteAsync(connection);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            await DropAsync(connection);
        }
    }

    private static async Task DropAsync(ConnectionContext connection)
    {
        connection.Features.Get<LimitedConnection>()?.Remove();
        connection.Abort(new ConnectionAbortedException("The server is being stopped."));
        await connection.DisposeAsync();
    }

    private static bool IsUnknownHere(ListenException exception) => exception.Errno is AddressNotAvailable or AddressFamilyNotSupported;
}
