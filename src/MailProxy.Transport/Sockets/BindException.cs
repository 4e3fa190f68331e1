using System.Net;
using System.Net.Sockets;

namespace MailProxy.Transport.Sockets;

/// <summary>A connection cannot start from the local address that was asked for.</summary>
internal sealed class BindException : SocketException
{
    internal BindException(IPEndPoint local, SocketException cause) : base((int)cause.SocketErrorCode) => Local = local;

    /// <summary>The address.</summary>
    public IPEndPoint Local { get; }
}
