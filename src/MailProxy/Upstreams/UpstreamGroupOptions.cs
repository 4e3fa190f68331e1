using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Resolving;
using MailProxy.Tls;

namespace MailProxy.Upstreams;

/// <summary>One <c>upstream name { }</c> of <c>mail { }</c>: servers that stand for each other.</summary>
public sealed class UpstreamGroupOptions
{
    /// <summary>Where the block stands, <c>FILE:LINE</c>, or its configuration key. For messages only.</summary>
    public string Source { get; set; } = "";

    /// <summary>The name behind <c>upstream</c>, as <c>proxy_pass</c> and <c>Auth-Server</c> say it.</summary>
    public string Name { get; set; } = "";

    /// <summary>Directives <c>hash</c>, <c>least_conn</c>, <c>random</c>. Default: weighted round robin.</summary>
    [Directive("least_conn", DirectiveKind.LeastConn, DirectiveContexts.Upstream, Words = ["round_robin", "least_conn", "random", "random two", "hash", "hash consistent"], IsRepeatable = true, Syntax = "")]
    public UpstreamMethod Method { get; set; }

    /// <summary>Directive <c>hash</c>: text with the variables <c>$auth_user</c> and <c>$remote_addr</c>; a login that has the same one goes to the same server.</summary>
    [Directive("hash", DirectiveKind.Hash, DirectiveContexts.Upstream, IsRepeatable = true, Syntax = "key [consistent] [exact]")]
    public string HashKey { get; set; } = "";

    /// <summary>Parameter <c>exact</c> of <c>hash</c>: <c>$auth_user</c> is the bytes that the client sent, as in nginx. Default off: without spaces around it and in lower case (ASCII), so that all spellings of a login go to one server.</summary>
    public bool HashExact { get; set; }

    /// <summary>Directive <c>server</c>, in order, one for each address where a name without <c>resolve</c> has several.</summary>
    [Directive("server", DirectiveKind.UpstreamServer, DirectiveContexts.Upstream, Syntax = "address [parameter ...]")]
    public IList<UpstreamServerOptions> Servers { get; set; } = [];

    /// <summary>Directive <c>health_check</c>. Null: servers are judged by the logins that fail only.</summary>
    public HealthCheckOptions? HealthCheck { get; set; }

    /// <summary>Directives <c>resolver</c> and <c>resolver_timeout</c> of the block, or of <c>mail { }</c>: who is asked about names with <c>resolve</c>. Without name servers the system is.</summary>
    public ResolverOptions Resolver { get; set; } = new();

    /// <summary>Directives <c>proxy_ssl*</c> of the block, with what it inherits from <c>mail { }</c>. Null where the block has none: those of the session's server count.</summary>
    public ProxyTlsOptions? ProxyTls { get; set; }
}

/// <summary>How a server of a group is chosen.</summary>
public enum UpstreamMethod
{
    /// <summary>In turn, by weight.</summary>
    RoundRobin,

    /// <summary><c>least_conn</c>: the fewest sessions for its weight.</summary>
    LeastConn,

    /// <summary><c>random</c>: by chance, by weight.</summary>
    Random,

    /// <summary><c>random two [least_conn]</c>: of two by chance, the one with fewer sessions for its weight.</summary>
    RandomTwo,

    /// <summary><c>hash key</c>: by the key; most keys move when the servers change.</summary>
    Hash,

    /// <summary><c>hash key consistent</c>: by the key; about 1/n of the keys move when one of n servers comes or goes (ketama, as in nginx).</summary>
    ConsistentHash,
}

/// <summary>One <c>server</c> of a group.</summary>
public sealed class UpstreamServerOptions
{
    /// <summary>Where: <c>ip:port</c>, <c>[ip6]:port</c>, <c>unix:/path</c>, or with <see cref="Resolve"/> <c>name:port</c>.</summary>
    public string Address { get; set; } = "";

    /// <summary>The host as it is written: the name that TLS expects. Empty for a unix socket.</summary>
    public string Host { get; set; } = "";

    /// <summary>Parameter <c>weight</c>. Default 1.</summary>
    public int Weight { get; set; } = 1;

    /// <summary>Parameter <c>max_conns</c>: sessions at most. Default 0: no limit.</summary>
    public int MaxConns { get; set; }

    /// <summary>Parameter <c>max_fails</c>: failures within <see cref="FailTimeout"/> after which it is avoided for as long. Default 1; 0: never.</summary>
    public int MaxFails { get; set; } = 1;

    /// <summary>Parameter <c>fail_timeout</c>. Default 10 seconds.</summary>
    public TimeSpan FailTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Parameter <c>backup</c>: for when no other can be used. Default off.</summary>
    public bool Backup { get; set; }

    /// <summary>Parameter <c>down</c>: not used. Default off.</summary>
    public bool Down { get; set; }

    /// <summary>Parameter <c>drain</c>: keeps its sessions and gets no new ones. Default off.</summary>
    public bool Drain { get; set; }

    /// <summary>Parameter <c>resolve</c>: every address of the name is a server, asked for again as its TTL passes. Default off.</summary>
    public bool Resolve { get; set; }
}

/// <summary>Directive <c>health_check</c>: how servers of a group are tried without a login.</summary>
public sealed class HealthCheckOptions
{
    /// <summary>Parameter <c>interval</c>: between two tries. Default 5 seconds.</summary>
    [Directive("health_check", DirectiveKind.HealthCheck, DirectiveContexts.Upstream, Syntax = "[interval=time] [fails=n] [passes=n] [timeout=time] [protocol=imap|pop3|smtp]", Default = "none")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Parameter <c>fails</c>: failed tries in a row that make a server unhealthy. Default 1.</summary>
    public int Fails { get; set; } = 1;

    /// <summary>Parameter <c>passes</c>: good tries in a row that make it healthy again. Default 1.</summary>
    public int Passes { get; set; } = 1;

    /// <summary>Parameter <c>timeout</c>: of one try, from connecting to the last reply. Default 5 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Parameter <c>protocol</c>: <c>imap</c>, <c>pop3</c> or <c>smtp</c>. Empty: that of the servers that <c>proxy_pass</c> to the group, else by port.</summary>
    public string Protocol { get; set; } = "";
}
