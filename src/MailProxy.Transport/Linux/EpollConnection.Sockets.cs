using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Linux.Interop;

namespace MailProxy.Transport.Linux;

/// <summary>How a connection gets its descriptor, and which addresses it has.</summary>
internal sealed partial class EpollConnection : IListenSocketFeature
{
    private EndPoint? _local;
    private EndPoint? _remote;
    private ListenSocket? _listenSocket;

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
    public void Accepted(int descriptor, ListenSocket socket, EndPoint? remote)
    {
        _listenSocket = socket;
        _remote = remote;
        if (socket.EndPoint is IPEndPoint) SetNoDelay(descriptor);
        Attach(descriptor);
    }

    /// <summary>Begins to connect; that it succeeded, or why not, shows when bytes are to be sent or received. On the loop.</summary>
    /// <exception cref="SocketException">The system refuses at once.</exception>
    public unsafe void Connect(EndPoint endPoint, EndPoint? from)
    {
        var type = Constants.SocketStream | Constants.SocketNonBlock | Constants.SocketCloseOnExec;
        var descriptor = LibC.Socket(SocketAddress.Family(endPoint), type, 0);
        if (descriptor < 0) throw Errno.ToException(Errno.Last);
        try
        {
            _remote = endPoint;
            if (endPoint is IPEndPoint) SetNoDelay(descriptor);
            var address = stackalloc byte[SocketAddress.MaxLength];
            var span = new Span<byte>(address, SocketAddress.MaxLength);
            if (from is not null && LibC.Bind(descriptor, address, SocketAddress.Write(from, span)) < 0) throw Errno.ToException(Errno.Last);
            if (LibC.Connect(descriptor, address, SocketAddress.Write(endPoint, span)) < 0 && Errno.Last != Errno.InProgress) throw Errno.ToException(Errno.Last);
            Attach(descriptor);
        }
        catch
        {
            if (IsClosed) _ = LibC.Close(descriptor);
            throw;
        }
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
        var address = stackalloc byte[SocketAddress.MaxLength];
        var length = SocketAddress.MaxLength;
        return LibC.GetSocketName(descriptor, address, &length) < 0 ? null : SocketAddress.Read(new ReadOnlySpan<byte>(address, length));
    }
}
