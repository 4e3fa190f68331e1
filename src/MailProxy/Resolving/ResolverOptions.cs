using System.Net;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Resolving;

/// <summary>The name servers for reverse lookups of SMTP clients, and for upstreams with <c>resolve</c>: directives <c>resolver</c> and <c>resolver_timeout</c>.</summary>
internal sealed class ResolverOptions
{
    /// <summary>The name servers. Empty: off, the default.</summary>
    [Directive<ResolverGrammar>("resolver", DirectiveContexts.MailAndBelow, Default = "off")]
    public IList<IPEndPoint> Servers { get; set; } = [];

    /// <summary>Parameter <c>valid</c>: how long an answer is kept. Null: by its TTL.</summary>
    public TimeSpan? Valid { get; set; }

    /// <summary>Parameter <c>ipv4</c>: look for A records. Default on.</summary>
    public bool Ipv4 { get; set; } = true;

    /// <summary>Parameter <c>ipv6</c>: look for AAAA records. Default on.</summary>
    public bool Ipv6 { get; set; } = true;

    /// <summary>Directive <c>resolver_timeout</c>: for one lookup. Default 30 seconds.</summary>
    [Directive<MillisecondsGrammar>("resolver_timeout", DirectiveContexts.MailAndBelow)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);
}
