using MailProxy.Observing;
using MailProxy.Upstreams.Dialling;
using MailProxy.Upstreams.Health;
using MailProxy.Wire;
using MailProxy.Wire.Pop3;

namespace MailProxy.Protocols.Pop3;

/// <summary>Greeting, CAPA, QUIT. A server may refuse CAPA, which is optional (RFC 2449).</summary>
internal sealed class Pop3UpstreamProbe : IUpstreamProbe
{
    public async ValueTask ProbeAsync(UpstreamDialogue upstream, string serverName, CancellationToken cancellationToken)
    {
        await upstream.ExpectAsync(UpstreamReply.LineLength, Pop3Reply.IsOk, UpstreamError.Unavailable, cancellationToken);
        if (upstream.NeedsStarttls)
        {
            upstream.Output.Text("STLS"u8).End();
            await upstream.StartTlsAsync(UpstreamReply.LineLength, Pop3Reply.IsOk, cancellationToken);
        }

        upstream.Output.Text("CAPA"u8).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
        await upstream.ReadReplyAsync(Pop3Reply.MultiLineLength, cancellationToken);
        upstream.Output.Text("QUIT"u8).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
    }
}
