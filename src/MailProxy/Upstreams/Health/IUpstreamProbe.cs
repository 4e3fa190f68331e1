using MailProxy.Upstreams.Dialling;

namespace MailProxy.Upstreams.Health;

/// <summary>What <c>health_check</c> says to a server of one protocol: the greeting, what it can do, a goodbye; never a login.</summary>
internal interface IUpstreamProbe
{
    /// <summary>Holds the dialogue.</summary>
    /// <param name="upstream">The connection, behind its PROXY header and TLS.</param>
    /// <param name="serverName">What we call ourselves.</param>
    /// <param name="cancellationToken">The try's time is over.</param>
    /// <exception cref="UpstreamException">The server is not ready for logins.</exception>
    ValueTask ProbeAsync(UpstreamDialogue upstream, string serverName, CancellationToken cancellationToken);
}
