using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary>One <c>server</c> of a group.</summary>
internal sealed record UpstreamServerOptions
{
    /// <summary>Where: an address with its port, <c>unix:/path</c>, or with <see cref="Resolve"/> a name with its port.</summary>
    public UpstreamAddress Address { get; set; } = new("", null);

    /// <summary>The host as it is written: the name that TLS expects. Empty for a unix socket.</summary>
    public string Host { get; set; } = "";

    /// <summary>Parameter <c>weight</c>. Default 1.</summary>
    [Parameter<NumberGrammar>("weight", Minimum = 1)]
    public int Weight { get; set; } = 1;

    /// <summary>Parameter <c>max_conns</c>: sessions at most. Default 0: no limit.</summary>
    [Parameter<NumberGrammar>("max_conns")]
    public int MaxConns { get; set; }

    /// <summary>Parameter <c>max_fails</c>: failures within <see cref="FailTimeout"/> after which it is avoided for as long. Default 1; 0: never.</summary>
    [Parameter<NumberGrammar>("max_fails")]
    public int MaxFails { get; set; } = 1;

    /// <summary>Parameter <c>fail_timeout</c>. Default 10 seconds.</summary>
    [Parameter<SecondsGrammar>("fail_timeout")]
    public TimeSpan FailTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Parameter <c>backup</c>: for when no other can be used. Default off.</summary>
    [Parameter<FlagGrammar>("backup")]
    public bool Backup { get; set; }

    /// <summary>Parameter <c>down</c>: not used. Default off.</summary>
    [Parameter<FlagGrammar>("down")]
    public bool Down { get; set; }

    /// <summary>Parameter <c>drain</c>: keeps its sessions and gets no new ones. Default off.</summary>
    [Parameter<FlagGrammar>("drain")]
    public bool Drain { get; set; }

    /// <summary>Parameter <c>resolve</c>: every address of the name is a server, asked for again as its TTL passes. Default off.</summary>
    [Parameter<FlagGrammar>("resolve")]
    public bool Resolve { get; set; }
}
