using MailProxy.Protocols;
using MailProxy.Upstreams.Health;

namespace MailProxy.Sessions;

/// <summary>A mail protocol as one object. A new protocol is a folder below <c>Protocols</c> with one of these, registered once.</summary>
internal abstract class SessionProtocol : MailProtocol
{
    /// <summary>What <c>health_check</c> says to its servers.</summary>
    public abstract IUpstreamProbe Probe { get; }

    /// <summary>The commands of one client before login.</summary>
    public abstract ProtocolSession CreateSession(SessionContext context);
}
