using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Managed;

/// <summary>Connects to servers over TCP and unix sockets.</summary>
internal sealed class ManagedConnectionFactory : IConnectionFactory
{
    private const int FileNotFound = 2;

    /// <summary>How many descriptors are left.</summary>
    internal DescriptorReserve Descriptors { get; init; } = DescriptorReserve.OfProcess;

    /// <exception cref="BindException">The local address is not to be had.</exception>
    /// <exception cref="SocketException">The server cannot be reached; its native error is the system's.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var (remote, from) = BoundEndPoint.Split(endpoint);
        var socket = Create(remote);
        try
        {
            if (Descriptors.IsExhausted(socket)) throw new SocketException(SocketOpener.TooManyOpenFiles);
            if (from is not null) Bind(socket, from);
            await socket.ConnectAsync(remote, cancellationToken);
            return new ManagedConnection(socket, remote);
        }
        catch (SocketException exception) when (remote is UnixDomainSocketEndPoint && exception.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            // .NET folds ENOENT into EADDRNOTAVAIL, which connect() on a unix socket never gives.
            socket.Dispose();
            throw new SocketException(FileNotFound);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void Bind(Socket socket, IPEndPoint from)
    {
        try
        {
            // .NET would bind an IPv6 socket to an IPv4 address in its IPv6 form, and connecting would fail instead. These are the kernel's errors.
            if (from.AddressFamily != socket.AddressFamily)
                throw new SocketException((int)(from.AddressFamily == AddressFamily.InterNetwork ? SocketError.InvalidArgument : SocketError.AddressFamilyNotSupported));
            if (from.Port == 0) LinuxSockets.LeavePortToConnect(socket);
            socket.Bind(from);
        }
        catch (SocketException exception)
        {
            throw new BindException(from, exception);
        }
    }

    private static Socket Create(EndPoint endpoint)
    {
        if (endpoint is UnixDomainSocketEndPoint) return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (endpoint.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = true;       // for ::ffff:192.0.2.1
        return socket;
    }
}
