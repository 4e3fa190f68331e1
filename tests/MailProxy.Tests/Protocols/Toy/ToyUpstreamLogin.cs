using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Upstreams.Dialling;
using MailProxy.Upstreams.Health;
using MailProxy.Wire;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>The same command at the upstream.</summary>
internal sealed class ToyUpstreamLogin(Credentials? credentials) : IUpstreamLogin
{
    public async ValueTask<byte[]> LoginAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        if (credentials is null) throw new UpstreamException(UpstreamError.NoPassword);
        await upstream.ExpectAsync(UpstreamReply.LineLength, static reply => reply.StartsWith("toy"u8), UpstreamError.Unavailable, cancellationToken);
        upstream.BeginCredentials();
        upstream.Output.Text("LOGIN "u8).Value(credentials.Login).Text(" "u8).Value(credentials.Secret).End();
        await upstream.SendAsync(SessionAction.SendingPassword, cancellationToken);
        return await upstream.ExpectAsync(UpstreamReply.LineLength, static reply => reply.StartsWith("YES"u8), UpstreamError.Refused, cancellationToken);
    }
}

/// <summary>The upstream's greeting.</summary>
internal sealed class ToyUpstreamProbe : IUpstreamProbe
{
    public async ValueTask ProbeAsync(UpstreamDialogue upstream, string serverName, CancellationToken cancellationToken) =>
        await upstream.ExpectAsync(UpstreamReply.LineLength, static reply => reply.StartsWith("toy"u8), UpstreamError.Unavailable, cancellationToken);
}
