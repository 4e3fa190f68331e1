using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary>Directive <c>health_check</c>: how servers of a group are tried without a login.</summary>
internal sealed class HealthCheckOptions
{
    /// <summary>Parameter <c>interval</c>: between two tries. Default 5 seconds.</summary>
    [Directive<HealthCheckGrammar>("health_check", DirectiveContexts.Upstream, Default = "none")]
    [Parameter<MillisecondsGrammar>("interval", Minimum = 1)]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Parameter <c>fails</c>: failed tries in a row that make a server unhealthy. Default 1.</summary>
    [Parameter<NumberGrammar>("fails", Minimum = 1)]
    public int Fails { get; set; } = 1;

    /// <summary>Parameter <c>passes</c>: good tries in a row that make it healthy again. Default 1.</summary>
    [Parameter<NumberGrammar>("passes", Minimum = 1)]
    public int Passes { get; set; } = 1;

    /// <summary>Parameter <c>timeout</c>: of one try, from connecting to the last reply. Default 5 seconds.</summary>
    [Parameter<MillisecondsGrammar>("timeout", Minimum = 1)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Parameter <c>protocol</c>: the name of one. Empty: that of the servers that <c>proxy_pass</c> to the group, else by port.</summary>
    [Parameter<ProtocolGrammar>("protocol")]
    public string Protocol { get; set; } = "";
}
