using MailProxy.Sessions;

namespace MailProxy.Protocols.Smtp;

/// <summary>SMTP (RFC 5321, RFC 4954) until the relay begins.</summary>
internal sealed class SmtpProtocol : IMailProtocol
{
    private readonly XclientNotices _notices = new();

    public string Name => "smtp";

    public ProtocolSession CreateSession(SessionContext context) => new SmtpSession(context, _notices);
}
