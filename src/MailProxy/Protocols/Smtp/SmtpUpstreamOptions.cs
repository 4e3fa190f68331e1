using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Protocols.Smtp;

/// <summary>What goes to SMTP servers.</summary>
internal sealed class SmtpUpstreamOptions
{
    /// <summary>Directive <c>proxy_smtp_auth</c>: AUTH PLAIN at an SMTP upstream, or AUTH LOGIN where only that is offered. Default off, but a password that nobody else has checked always goes there.</summary>
    [Directive<FlagGrammar>("proxy_smtp_auth")]
    public bool SmtpAuth { get; set; }

    /// <summary>Directive <c>xclient</c>: XCLIENT to an SMTP upstream. Default on.</summary>
    [Directive<FlagGrammar>("xclient")]
    public bool Xclient { get; set; } = true;
}
