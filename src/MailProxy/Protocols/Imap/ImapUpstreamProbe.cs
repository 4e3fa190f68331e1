using MailProxy.Diagnostics;
using MailProxy.Upstream;
using MailProxy.Wire;
using MailProxy.Wire.Imap;

namespace MailProxy.Protocols.Imap;

/// <summary>Greeting, CAPABILITY, LOGOUT.</summary>
internal sealed class ImapUpstreamProbe : IUpstreamProbe
{
    private static readonly byte[] Tag = "c"u8.ToArray();

    public string Protocol => "imap";

    public async ValueTask ProbeAsync(UpstreamDialogue upstream, string serverName, CancellationToken cancellationToken)
    {
        await upstream.ExpectAsync(UpstreamReply.IsComplete, ImapReply.IsGreeting, cancellationToken);
        if (upstream.NeedsStarttls)
        {
            upstream.Output.Text(Tag).Text(" STARTTLS"u8).End();
            await upstream.StartTlsAsync(ImapReply.Length, static answer => ImapReply.IsOk(answer, Tag), cancellationToken);
        }

        upstream.Output.Text(Tag).Text(" CAPABILITY"u8).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
        await upstream.ExpectAsync(static data => ImapReply.Length(data) > 0, static data => ImapReply.IsOk(data[..ImapReply.Length(data)], Tag), cancellationToken);
        upstream.Output.Text(Tag).Text(" LOGOUT"u8).End();
        await upstream.SendAsync(SessionAction.CheckingHealth, cancellationToken);
    }
}
