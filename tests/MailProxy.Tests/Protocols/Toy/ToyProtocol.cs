using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Sessions;
using MailProxy.Upstreams.Health;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>A protocol that nobody speaks: <c>LOGIN user password</c>, and <c>YES</c> or <c>NO</c>.</summary>
internal sealed class ToyProtocol : SessionProtocol
{
    public override string Name => "toy";

    public override IReadOnlyList<int> Ports => [4190];

    public override IReadOnlyList<OptionSection> Options => ToySections.All;

    public override string UnavailableCode => "[LATER] ";

    public override IUpstreamProbe Probe { get; } = new ToyUpstreamProbe();

    public override IList<string> MechanismsOf(ServerOptions server) => server.Toy.Auth;

    public override ProtocolSession CreateSession(SessionContext context) => new ToySession(context);
}
