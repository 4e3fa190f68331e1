using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using MailProxy.Transport.Features;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Accept;
using MailProxy.Transport.Managed;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace MailProxy.Transport;

/// <summary>
/// The sockets that listen, behind one endpoint of Kestrel's: they can change while Kestrel runs, and the connections
/// that they accepted live on. Every connection has <see cref="IListenSocketFeature"/> and <see cref="IRelayFeature"/>.
/// </summary>
internal sealed class ListenerSet : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    // As nginx has it.
    private const int BindTries = 5;
    private static readonly TimeSpan BindPause = TimeSpan.FromMilliseconds(500);

    // Connections that were accepted but that Kestrel has not taken yet; beyond these they wait in the kernel.
    private const int Parked = 64;
    private const int BufferSize = 64 * 1024;

    private readonly TimeProvider _time;
    private readonly SocketConnectionContextFactory _connections;
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(Parked);
    private ParkedSource? _parked;
    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly Lock _gate = new();
    private List<Listener> _listeners = [];
    private bool _unbound;
    private bool _taken;

    /// <param name="time">The clock of the pauses between tries.</param>
    /// <param name="loggers">For Kestrel's own events about connections.</param>
    public ListenerSet(TimeProvider time, ILoggerFactory loggers)
    {
        _time = time;
        var options = new SocketConnectionFactoryOptions { MaxReadBufferSize = BufferSize, MaxWriteBufferSize = BufferSize, WaitForDataBeforeAllocatingBuffer = true };
        _connections = new SocketConnectionContextFactory(options, loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
    }

    /// <summary>A try to bind has failed because the address is in use; up to five are made, 500 ms apart.</summary>
    public event Action<ListenException>? BindFailed;

    /// <summary>A socket cannot accept for now (too many open files, say); told once until it can again.</summary>
    public event Action<ListenException>? AcceptFailed;

    /// <summary>The addresses that sockets listen on now, in the order of <see cref="ApplyAsync"/>, with the port that the system gave for port 0.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints
    {
        get
        {
            lock (_gate) return [.. _listeners.Select(listener => listener.LocalEndPoint)];
        }
    }

    /// <summary>How many descriptors are left.</summary>
    internal DescriptorReserve Descriptors { get; init; } = DescriptorReserve.OfProcess;

    /// <summary>Accepts one connection: a seam, because tests cannot use up the process's descriptors.</summary>
    internal Func<Socket, ValueTask<Socket>> Accept { get; init; } = static socket => socket.AcceptAsync(CancellationToken.None);

    /// <summary>Accepts on the loops of a transport in place of Kestrel's sockets. To be called before the first <see cref="ApplyAsync"/>; without loops it does nothing.</summary>
    public void AcceptOn(MailTransport transport)
    {
        if (transport.Loops is { } loops) AcceptOn(loops);
    }

    internal void AcceptOn(EpollTransport transport) => _parked = new ParkedSource(transport, Descriptors);

    /// <summary>
    /// Makes these sockets the ones that listen: opens what is new, closes what is gone, gives those that stay their new
    /// options. All or nothing: where one cannot be opened, everything is as before. Does nothing after <see cref="Unbind"/>.
    /// </summary>
    /// <exception cref="ListenException">A socket cannot be opened.</exception>
    public async Task ApplyAsync(IReadOnlyList<ListenSocket> wanted, CancellationToken cancellationToken = default)
    {
        using var change = await PrepareAsync(wanted, cancellationToken);
        change.Commit();
    }

    /// <summary>The first half of <see cref="ApplyAsync"/>: opens what is new, which does not accept yet. Another change waits until this one is committed or disposed of.</summary>
    /// <exception cref="ListenException">A socket cannot be opened; everything is as before.</exception>
    public async Task<ListenerChange> PrepareAsync(IReadOnlyList<ListenSocket> wanted, CancellationToken cancellationToken = default)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            Dictionary<EndPoint, Listener> known;
            wanted = [.. wanted.DistinctBy(socket => socket.EndPoint)];
            lock (_gate) known = _listeners.ToDictionary(listener => listener.Settings.EndPoint);
            var opened = await OpenAsync([.. wanted.Where(socket => !known.ContainsKey(socket.EndPoint))], cancellationToken);
            foreach (var listener in opened) known.Add(listener.Settings.EndPoint, listener);
            return new ListenerChange(
                commit: () =>
                {
                    Replace([.. wanted.Select(socket => known[socket.EndPoint])], opened);
                    foreach (var socket in wanted) known[socket.EndPoint].Change(socket);
                },
                undo: () => opened.ForEach(listener => listener.Dispose()),
                end: () => _change.Release());
        }
        catch
        {
            _change.Release();
            throw;
        }
    }

    /// <summary>Opens every socket and closes it again, to see whether it could be done. An address in use is no failure.</summary>
    /// <returns>What would fail, in the order of the sockets.</returns>
    public static IReadOnlyList<ListenException> Check(IReadOnlyList<ListenSocket> sockets)
    {
        var opened = new List<Socket>();
        var failures = new List<ListenException>();
        foreach (var socket in sockets)
        {
            try
            {
                opened.Add(SocketOpener.Open(socket, replaceStale: false));
            }
            catch (ListenException exception)
            {
                if (exception.Errno != ListenException.AddressInUse) failures.Add(exception);
            }
        }

        foreach (var socket in opened) socket.Dispose();
        return failures;
    }

    /// <summary>Closes all sockets for good. Connections live on.</summary>
    public void Unbind()
    {
        List<Listener> closing;
        lock (_gate)
        {
            _unbound = true;
            closing = _listeners;
            _listeners = [];
        }

        foreach (var listener in closing) listener.Dispose();
    }

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is ListenerSetEndPoint;

    /// <summary>Called by Kestrel, once.</summary>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _taken, true)) throw new InvalidOperationException("The set of listeners stands behind one endpoint only.");
        return ValueTask.FromResult<IConnectionListener>(new MergedListener(this, endpoint));
    }

    /// <summary>Closes all sockets, and resets connections that Kestrel never took.</summary>
    public void Dispose()
    {
        Unbind();
        AbortParked();
        _connections.Dispose();
        _change.Dispose();
    }

    private async Task<List<Listener>> OpenAsync(List<ListenSocket> wanted, CancellationToken cancellationToken)
    {
        var opened = new List<Listener>();
        try
        {
            for (var tries = 1; ; tries++)
            {
                var failures = TryOpen(wanted, opened);
                if (failures.Count == 0) return opened;
                if (tries == BindTries) throw ListenException.StillCouldNotBind(failures[^1].Error);
                await Task.Delay(BindPause, _time, cancellationToken);
                wanted = [.. failures.Select(failure => failure.Socket)];
            }
        }
        catch
        {
            foreach (var listener in opened) listener.Dispose();
            throw;
        }
    }

    /// <returns>Those whose address is in use.</returns>
    private List<(ListenSocket Socket, ListenException Error)> TryOpen(List<ListenSocket> wanted, List<Listener> opened)
    {
        var failures = new List<(ListenSocket, ListenException)>();
        foreach (var socket in wanted)
        {
            try
            {
                opened.Add(new Listener(SocketOpener.Open(socket, replaceStale: true), socket, _time));
            }
            catch (ListenException exception) when (exception.Errno == ListenException.AddressInUse)
            {
                BindFailed?.Invoke(exception);
                failures.Add((socket, exception));
            }
        }

        return failures;
    }

    private void Replace(List<Listener> listeners, List<Listener> opened)
    {
        List<Listener> closing;
        lock (_gate)
        {
            closing = _unbound ? opened : [.. _listeners.Except(listeners)];
            if (!_unbound)
            {
                _listeners = listeners;
                foreach (var listener in opened) Run(listener);
            }
        }

        foreach (var listener in closing) listener.Dispose();
    }

    private void Run(Listener listener)
    {
        if (_parked is not null) _parked.Listen(listener, ReportFailure);
        else listener.RunAsync(Accept, Descriptors, DeliverAsync, ReportFailure).Forget("accepting connections");

        void ReportFailure(ListenException exception) => AcceptFailed?.Invoke(exception);
    }

    private async Task DeliverAsync(Socket socket, ListenSocket from)
    {
        ConnectionContext connection;
        try
        {
            if (from.EndPoint is IPEndPoint) socket.NoDelay = true;
            connection = new AcceptedConnection(_connections.Create(socket), from, _time);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            socket.Dispose();                  // the client has gone again, or we have
            return;
        }

        try
        {
            await _accepted.Writer.WriteAsync(connection);
        }
        catch (ChannelClosedException)
        {
            Drop(connection);
        }
    }

    private void AbortParked()
    {
        _parked?.Close();
        _accepted.Writer.TryComplete();
        while (_accepted.Reader.TryRead(out var connection)) Drop(connection);
    }

    private static void Drop(ConnectionContext connection)
    {
        connection.Abort(new ConnectionAbortedException("The server is being stopped."));
        connection.DisposeAsync().AsTask().Forget("closing a connection that nobody took");
    }

    private sealed class MergedListener(ListenerSet set, EndPoint endPoint) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (set._parked is { } parked) return await parked.NextAsync(cancellationToken);
            while (await set._accepted.Reader.WaitToReadAsync(cancellationToken))
            {
                if (set._accepted.Reader.TryRead(out var connection)) return connection;
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            set.Unbind();
            set.AbortParked();
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
