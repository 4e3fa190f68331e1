using MailProxy.Sessions;

namespace MailProxy.Protocols.Pop3;

/// <summary>POP3 (RFC 1939, RFC 2449, RFC 5034) before login.</summary>
internal sealed class Pop3Protocol : IMailProtocol
{
    public string Name => "pop3";

    public ProtocolSession CreateSession(SessionContext context) => new Pop3Session(context);
}
