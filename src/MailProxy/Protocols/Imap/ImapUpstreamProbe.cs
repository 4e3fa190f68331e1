using MailProxy.Observing;
using MailProxy.Upstreams.Dialling;
using MailProxy.Upstreams.Health;
using MailProxy.Wire.Imap;

namespace MailProxy.Protocols.Imap;

/// <summary>Greeting, CAPABILITY, LOGOUT.</summary>
internal sealed class ImapUpstreamProbe : IUpstreamProbe
{
    private static readonly byte[] Tag = "c"u8.ToArray();

    public async ValueTask ProbeAsync(UpstreamDialogue upstream, string serverName, CancellationToken cancellationToken)
    {
        await upstream.ExpectAsync(ImapReply.ResponseLength, ImapReply.IsGreeting, UpstreamError.Unavailable, cancellationToken);
        if (upstream.NeedsStarttls)
        {
            upstream.Output.Text(Tag).Text(" STARTTLS"u8).End();
            await upstream.StartTlsAsync(ImapReply.AnswerLength, IsOk, cancellationToken);
        }

        upstream.Output.Text(Tag).Text(" CAPABILITY"u8).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
        await upstream.ExpectAsync(ImapReply.AnswerLength, IsOk, UpstreamError.Unexpected, cancellationToken);
        upstream.Output.Text(Tag).Text(" LOGOUT"u8).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
    }

    private static bool IsOk(ReadOnlySpan<byte> answer) => ImapReply.Read(answer, Tag) == ImapAnswer.Ok;
}
