using System.Net;

namespace MailProxy.Upstreams.Selectors;

/// <summary>A server of a group.</summary>
public sealed class MailUpstream
{
    private readonly UpstreamPeer _peer;

    internal MailUpstream(UpstreamPeer peer) => _peer = peer;

    /// <summary>Its address.</summary>
    public EndPoint EndPoint => _peer.EndPoint;

    /// <summary><c>weight=</c>, by default 1.</summary>
    public int Weight => _peer.Options.Weight;

    /// <summary>Sessions that this process has open there now, logins included.</summary>
    public int Sessions => _peer.Sessions;
}
