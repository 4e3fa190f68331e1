using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Sessions;
using MailProxy.Upstreams.Health;

namespace MailProxy.Protocols.Imap;

/// <summary>IMAP (RFC 9051, RFC 3501) before login. Refusals have the response codes of RFC 5530.</summary>
internal sealed class ImapProtocol : SessionProtocol
{
    public override string Name => "imap";

    public override IReadOnlyList<int> Ports => [143, 993];

    public override IReadOnlyList<OptionSection> Options => ImapSections.All;

    public override string WrongPasswordCode => "[AUTHENTICATIONFAILED] ";

    public override string UnavailableCode => "[UNAVAILABLE] ";

    public override IUpstreamProbe Probe { get; } = new ImapUpstreamProbe();

    public override IList<string> MechanismsOf(ServerOptions server) => server.Imap.Auth;

    public override ProtocolSession CreateSession(SessionContext context) => new ImapSession(context);
}
