using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Resolving;

/// <summary>The name servers for reverse lookups of SMTP clients, and for upstreams with <c>resolve</c>: directives <c>resolver</c> and <c>resolver_timeout</c>.</summary>
public sealed class ResolverOptions
{
    /// <summary>Name servers as <c>ip:port</c> or <c>[ip6]:port</c>. Empty: off, the default.</summary>
    [Directive("resolver", DirectiveKind.Resolver, DirectiveContexts.MailAndBelow, Syntax = "address[:port] ... [valid=time] [ipv4=on|off] [ipv6=on|off] | off", Default = "off")]
    public IList<string> Servers { get; set; } = [];

    /// <summary>Parameter <c>valid</c>: how long an answer is kept. Null: by its TTL.</summary>
    public TimeSpan? Valid { get; set; }

    /// <summary>Parameter <c>ipv4</c>: look for A records. Default on.</summary>
    public bool Ipv4 { get; set; } = true;

    /// <summary>Parameter <c>ipv6</c>: look for AAAA records. Default on.</summary>
    public bool Ipv6 { get; set; } = true;

    /// <summary>Directive <c>resolver_timeout</c>: for one lookup. Default 30 seconds.</summary>
    [Directive("resolver_timeout", DirectiveKind.Milliseconds, DirectiveContexts.MailAndBelow)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);
}
