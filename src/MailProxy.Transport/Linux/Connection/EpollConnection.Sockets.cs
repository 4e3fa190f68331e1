using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Sockets;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>How a connection gets its descriptor, and which addresses it has.</summary>
internal sealed partial class EpollConnection : IListenSocketFeature
{
    private EndPoint? _local;
    private EndPoint? _remote;
    private ListenSocket? _listenSocket;
    private CancellationTokenRegistration _waiting;
    private bool _isConnecting;

    /// <inheritdoc/>
    ListenSocket IListenSocketFeature.Socket => _listenSocket ?? throw new InvalidOperationException("The connection was not accepted.");

    public bool IsAccepted => _listenSocket is not null;

    // Asked of the kernel only when somebody wants to know.
    public override EndPoint? LocalEndPoint
    {
        get => _local ??= ReadLocalEndPoint();
        set => _local = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _remote;
        set => _remote = value;
    }

    /// <summary>Takes an accepted descriptor. On the loop.</summary>
    /// <exception cref="IOException">The loop cannot take it; it is still the caller's.</exception>
    public void Accepted(int descriptor, Listener listener, EndPoint? remote)
    {
        _listenSocket = listener.Settings;
        if (!listener.IsWildcard) _local = listener.LocalEndPoint;
        _remote = remote;
        Attach(descriptor);
    }

    /// <summary>Connects, from a local address where one is given. On the loop; completes there.</summary>
    /// <exception cref="BindException">The local address is not to be had.</exception>
    /// <exception cref="SocketException">The server cannot be reached; its native error is the system's.</exception>
    /// <exception cref="IOException">The loop cannot take it.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask<bool> ConnectAsync(EndPoint endPoint, IPEndPoint? from, DescriptorReserve descriptors, CancellationToken cancellationToken)
    {
        var descriptor = LibC.Socket(NativeAddress.Family(endPoint), Constants.SocketStream | Constants.SocketNonBlock | Constants.SocketCloseOnExec, 0);
        if (descriptor < 0) throw Errno.ToException(Errno.Last);
        try
        {
            if (descriptors.IsExhausted(descriptor)) throw Errno.ToException(Errno.TooManyFiles);
            _remote = endPoint;
            if (endPoint is IPEndPoint) SetNoDelay(descriptor);
            if (from is not null) Bind(descriptor, from);
            _isConnecting = !Connect(descriptor, endPoint);
            Attach(descriptor);
        }
        catch
        {
            _isConnecting = false;
            _ = LibC.Close(descriptor);
            throw;
        }

        if (!_isConnecting) return ValueTask.FromResult(true);
        _waiting = cancellationToken.UnsafeRegister(static (self, token) => ((EpollConnection)self!).CancelConnect(token), this);
        return new ValueTask<bool>(this, _entry.Version);
    }

    /// <returns>Whether it is connected already.</returns>
    private static unsafe bool Connect(int descriptor, EndPoint endPoint)
    {
        var address = stackalloc byte[NativeAddress.MaxLength];
        var span = new Span<byte>(address, NativeAddress.MaxLength);
        if (LibC.Connect(descriptor, address, NativeAddress.Write(endPoint, span)) == 0) return true;
        if (Errno.Last != Errno.InProgress) throw Errno.ToException(Errno.Last);
        // On the same host it stands by now: asking costs less than a turn of the loop.
        return IsConnected(descriptor);
    }

    private static unsafe bool IsConnected(int descriptor)
    {
        var address = stackalloc byte[NativeAddress.MaxLength];
        var length = NativeAddress.MaxLength;
        return LibC.GetPeerName(descriptor, address, &length) == 0;
    }

    /// <summary>Chooses the local address, and leaves an open port to connect(), which knows that one port will do for many servers.</summary>
    private static unsafe void Bind(int descriptor, IPEndPoint from)
    {
        var on = 1;
        if (from.Port == 0) _ = LibC.SetSocketOption(descriptor, Constants.LevelIP, Constants.BindAddressNoPort, &on, sizeof(int));
        var address = stackalloc byte[NativeAddress.MaxLength];
        var length = NativeAddress.Write(from, new Span<byte>(address, NativeAddress.MaxLength));
        if (LibC.Bind(descriptor, address, length) < 0) throw new BindException(from, Errno.ToException(Errno.Last));
    }

    /// <summary>The first event of a connecting descriptor: it stands, or the socket knows why not.</summary>
    private void EndConnecting(EpollEvents events)
    {
        var errno = (events & (EpollEvents.Error | EpollEvents.HangUp)) == 0 ? 0 : TakeSocketError();
        if (errno == 0 && !IsConnected(_descriptor)) return;        // the event was of whoever had the number before
        _isConnecting = false;
        _waiting.Unregister();
        _waiting = default;
        if (errno == 0)
        {
            _entry.SetResult(true);
            return;
        }

        Close(null);
        _entry.SetException(Errno.ToException(errno));
    }

    private void CancelConnect(CancellationToken token)
    {
        if (!Loop.IsCurrent)
        {
            Loop.Post(static state =>
            {
                var (self, canceled) = ((EpollConnection, CancellationToken))state!;
                self.CancelConnect(canceled);
            }, (this, token));
            return;
        }

        if (!_isConnecting) return;
        _isConnecting = false;
        Close(null);
        _entry.SetException(new OperationCanceledException(token));
    }

    private unsafe int TakeSocketError()
    {
        var errno = 0;
        var length = sizeof(int);
        return LibC.GetSocketOption(_descriptor, Constants.LevelSocket, Constants.SocketError, &errno, &length) < 0 ? Errno.Last : errno;
    }

    private static unsafe void SetNoDelay(int descriptor)
    {
        var on = 1;
        _ = LibC.SetSocketOption(descriptor, Constants.LevelTcp, Constants.TcpNoDelay, &on, sizeof(int));
    }

    private unsafe EndPoint? ReadLocalEndPoint()
    {
        var descriptor = _descriptor;
        if (descriptor < 0) return null;
        var address = stackalloc byte[NativeAddress.MaxLength];
        var length = NativeAddress.MaxLength;
        return LibC.GetSocketName(descriptor, address, &length) < 0 ? null : NativeAddress.Read(new ReadOnlySpan<byte>(address, length));
    }
}
