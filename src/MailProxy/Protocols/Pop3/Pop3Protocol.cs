using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Sessions;
using MailProxy.Upstreams.Health;

namespace MailProxy.Protocols.Pop3;

/// <summary>POP3 (RFC 1939, RFC 2449, RFC 5034) before login. Refusals have the response codes of RFC 3206.</summary>
internal sealed class Pop3Protocol : SessionProtocol
{
    public override string Name => "pop3";

    public override IReadOnlyList<int> Ports => [110, 995];

    public override IReadOnlyList<OptionSection> Options => Pop3Sections.All;

    public override string WrongPasswordCode => "[AUTH] ";

    public override string UnavailableCode => "[SYS/TEMP] ";

    public override IUpstreamProbe Probe { get; } = new Pop3UpstreamProbe();

    public override IList<string> MechanismsOf(ServerOptions server) => server.Pop3.Auth;

    public override ProtocolSession CreateSession(SessionContext context) => new Pop3Session(context);
}
