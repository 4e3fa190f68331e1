using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Sessions;
using MailProxy.Upstreams.Health;

namespace MailProxy.Protocols.Smtp;

/// <summary>SMTP (RFC 5321, RFC 4954) until the relay begins.</summary>
internal sealed class SmtpProtocol : SessionProtocol
{
    private readonly XclientNotices _notices = new();

    public override string Name => "smtp";

    public override IReadOnlyList<int> Ports => [25, 465, 587];

    public override IReadOnlyList<OptionSection> Options => SmtpSections.All;

    /// <summary>XCLIENT vouches for a login.</summary>
    public override bool UpstreamNeedsPassword => false;

    public override string? UpstreamLoginSwitch => SmtpSections.UpstreamPrefix + nameof(SmtpUpstreamOptions.SmtpAuth);

    public override bool AllowsNone => true;

    public override bool RefusesWithCode => true;

    public override IUpstreamProbe Probe { get; } = new SmtpUpstreamProbe();

    public override IList<string> MechanismsOf(ServerOptions server) => server.Smtp.Auth;

    public override ProtocolSession CreateSession(SessionContext context) => new SmtpSession(context, _notices);
}
