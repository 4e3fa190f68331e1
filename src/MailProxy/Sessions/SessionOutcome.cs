using MailProxy.Observing;
using MailProxy.Upstreams;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Sessions;

/// <summary>What came of the dialogue with a client: an upstream to relay to, or the end of the session.</summary>
/// <param name="Upstream">Logged in; whoever has it disposes of it and gives its place among <c>worker_connections</c> back. Null where the session ends.</param>
/// <param name="Peer">The server of a group that it is, to be released with it; null where an address was named.</param>
/// <param name="Reason">Why it ends.</param>
internal readonly record struct SessionOutcome(ConnectionContext? Upstream, UpstreamPeer? Peer, SessionEndReason Reason)
{
    public static implicit operator SessionOutcome(SessionEndReason reason) => new(null, null, reason);
}
