using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MailProxy.Transport.Sockets;

/// <summary>Opens sockets that listen, and names what failed as nginx does.</summary>
internal static class SocketOpener
{
    private const UnixFileMode ReadWriteForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    public const int TooManyOpenFiles = 24;

    private const int FileNotFound = 2;

    /// <param name="wanted">The socket.</param>
    /// <param name="replaceStale">Whether the file of a unix socket that nobody listens on any more may be removed.</param>
    /// <exception cref="ListenException">It cannot listen; nothing is left open.</exception>
    public static Socket Open(ListenSocket wanted, bool replaceStale)
    {
        Socket? socket = null;
        var call = $"socket() {wanted.Address}";
        try
        {
            socket = Create(wanted);
            call = $"setsockopt() {wanted.Address}";
            if (wanted.EndPoint.AddressFamily == AddressFamily.InterNetworkV6) socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.IPv6Only, wanted.Ipv6Only);
            SetOptions(socket, wanted);
            call = $"bind() to {wanted.Address}";
            Bind(socket, wanted.EndPoint, replaceStale);
            call = $"listen() to {wanted.Address}, backlog {wanted.Backlog}";
            socket.Listen(wanted.Backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            var errno = Errno(exception, wanted.EndPoint);
            socket?.Dispose();
            throw new ListenException(call, wanted.Address, errno, exception);
        }
    }

    /// <summary>Sets what may also be set on an open socket.</summary>
    public static void SetOptions(Socket socket, ListenSocket wanted)
    {
        if (wanted.ReceiveBuffer is { } receive) socket.ReceiveBufferSize = receive;
        if (wanted.SendBuffer is { } send) socket.SendBufferSize = send;
        if (wanted.KeepAlive is { } keepAlive) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, keepAlive);
        if (wanted.EndPoint is not IPEndPoint) return;
        socket.NoDelay = true;                  // on Linux those that it accepts have it from it
        if (wanted.KeepAliveIdleSeconds is { } idle) socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
        if (wanted.KeepAliveIntervalSeconds is { } interval) socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, interval);
        if (wanted.KeepAliveCount is { } count) socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, count);
    }

    /// <summary>The system's error number, where .NET folds several into one or has no name for it.</summary>
    /// <param name="exception">Caught just now: errno is still the call's.</param>
    /// <param name="endPoint">The address that the call was about.</param>
    public static int Errno(SocketException exception, EndPoint? endPoint = null) => exception.SocketErrorCode switch
    {
        SocketError.SocketError => Marshal.GetLastSystemError(),
        SocketError.AddressNotAvailable when endPoint is UnixDomainSocketEndPoint => FileNotFound,
        SocketError.TooManyOpenSockets => TooManyOpenFiles,
        _ => exception.NativeErrorCode,
    };

    private static Socket Create(ListenSocket wanted)
    {
        if (wanted.EndPoint is UnixDomainSocketEndPoint) return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        return wanted.Multipath ? LinuxSockets.CreateMultipath(wanted.EndPoint.AddressFamily) : new Socket(wanted.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    }

    private static void Bind(Socket socket, EndPoint endPoint, bool replaceStale)
    {
        try
        {
            socket.Bind(endPoint);
        }
        catch (SocketException exception) when (replaceStale && exception.SocketErrorCode == SocketError.AddressAlreadyInUse && endPoint is UnixDomainSocketEndPoint unix && IsStale(unix))
        {
            File.Delete(unix.ToString());
            socket.Bind(endPoint);
        }

        if (endPoint is UnixDomainSocketEndPoint && !OperatingSystem.IsWindows()) File.SetUnixFileMode(endPoint.ToString()!, ReadWriteForAll);
    }

    /// <summary>Whether it is a socket, and nobody listens on it.</summary>
    private static bool IsStale(UnixDomainSocketEndPoint endPoint)
    {
        if (!LinuxSockets.IsSocket(endPoint.ToString())) return false;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endPoint);
            return false;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
