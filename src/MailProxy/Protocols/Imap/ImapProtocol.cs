using MailProxy.Sessions;

namespace MailProxy.Protocols.Imap;

/// <summary>IMAP (RFC 9051, RFC 3501) before login.</summary>
internal sealed class ImapProtocol : IMailProtocol
{
    public string Name => "imap";

    public ProtocolSession CreateSession(SessionContext context) => new ImapSession(context);
}
