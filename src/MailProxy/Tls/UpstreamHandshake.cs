using MailProxy.Observing;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tls;

/// <summary>How one session's upstream connection becomes a TLS one.</summary>
/// <param name="Mode">When: <see cref="ProxyTlsMode.On"/> or <see cref="ProxyTlsMode.Starttls"/>.</param>
/// <param name="Context">The context.</param>
/// <param name="Target">Whom to expect.</param>
internal sealed record UpstreamHandshake(ProxyTlsMode Mode, TlsClientContext Context, TlsTarget Target)
{
    /// <exception cref="TlsException">The handshake failed, or the upstream is not whom we expect.</exception>
    public async ValueTask RunAsync(ConnectionContext connection, SessionLogContext logContext, CancellationToken cancellationToken)
    {
        logContext.Action = SessionAction.HandshakingToUpstream;
        await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsClientAsync(Context, Target, cancellationToken);
    }
}
