using MailProxy.Protocols;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;

namespace MailProxy.Loading;

/// <summary>The protocols that come with the program. A new one is a line here.</summary>
internal static class BuiltInProtocols
{
    public static IReadOnlyList<MailProtocol> Create() => [new ImapProtocol(), new Pop3Protocol(), new SmtpProtocol()];
}
