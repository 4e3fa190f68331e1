using System.Net;
using System.Net.Sockets;

namespace MailProxy.Transport.Sockets;

/// <summary>An address to connect to, and the local one that the connection is to start from.</summary>
/// <param name="remote">Where to.</param>
/// <param name="local">Where from; port 0 leaves the port to the system.</param>
internal sealed class BoundEndPoint(EndPoint remote, IPEndPoint local) : EndPoint
{
    /// <summary>Where to.</summary>
    public EndPoint Remote => remote;

    /// <summary>Where from.</summary>
    public IPEndPoint Local => local;

    /// <summary>Where a connection is to go, and where it is to start from; null where that was not said.</summary>
    internal static (EndPoint Remote, IPEndPoint? Local) Split(EndPoint endPoint) => endPoint is BoundEndPoint bound ? (bound.Remote, bound.Local) : (endPoint, null);

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => remote.AddressFamily;

    /// <inheritdoc/>
    public override string ToString() => $"{remote} from {local}";
}
