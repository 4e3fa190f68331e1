using MailProxy.Observing;
using MailProxy.Upstreams.Dialling;
using MailProxy.Upstreams.Health;
using MailProxy.Wire.Smtp;

namespace MailProxy.Protocols.Smtp;

/// <summary>Greeting, EHLO, QUIT.</summary>
internal sealed class SmtpUpstreamProbe : IUpstreamProbe
{
    public async ValueTask ProbeAsync(UpstreamDialogue upstream, string serverName, CancellationToken cancellationToken)
    {
        await upstream.ExpectAsync(SmtpReply.Length, static reply => SmtpReply.Code(reply) == 220, UpstreamError.Unavailable, cancellationToken);
        await GreetAsync(upstream, serverName, cancellationToken);
        if (upstream.NeedsStarttls)
        {
            upstream.Output.Text("STARTTLS"u8).End();
            await upstream.StartTlsAsync(SmtpReply.Length, static reply => SmtpReply.Code(reply) == 220, cancellationToken);
            await GreetAsync(upstream, serverName, cancellationToken);
        }

        upstream.Output.Text("QUIT"u8).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
    }

    private static async ValueTask GreetAsync(UpstreamDialogue upstream, string serverName, CancellationToken cancellationToken)
    {
        upstream.Output.Text("EHLO "u8).Text(serverName).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
        await upstream.ExpectAsync(SmtpReply.Length, static reply => SmtpReply.Code(reply) == 250, UpstreamError.Unexpected, cancellationToken);
    }
}
