using MailProxy.Configuration.Binding;

namespace MailProxy.Upstreams;

/// <summary>The servers of an <c>upstream</c>, and how one of them is chosen.</summary>
internal sealed class BalancingOptions
{
    /// <summary>Directives <c>hash</c>, <c>least_conn</c>, <c>random</c>. Default: weighted round robin.</summary>
    [Directive<LeastConnGrammar>("least_conn", DirectiveContexts.Upstream, Words = ["round_robin", "least_conn", "random", "random two", "hash", "hash consistent"], IsRepeatable = true)]
    [Directive<RandomGrammar>("random", DirectiveContexts.Upstream, IsRepeatable = true, Syntax = "[two [least_conn]]", Default = "round_robin")]
    public UpstreamMethod Method { get; set; }

    /// <summary>Directive <c>hash</c>: text with the variables <c>$auth_user</c> and <c>$remote_addr</c>; a login that has the same one goes to the same server. Default: none.</summary>
    [Directive<HashGrammar>("hash", DirectiveContexts.Upstream, IsRepeatable = true, Syntax = "key [consistent] [exact]")]
    public HashKey? HashKey { get; set; }

    /// <summary>Parameter <c>exact</c> of <c>hash</c>: <c>$auth_user</c> is the bytes that the client sent, as in nginx. Default off: without spaces around it and in lower case (ASCII), so that all spellings of a login go to one server.</summary>
    public bool HashExact { get; set; }

    /// <summary>Directive <c>server</c>, in order, one for each address where a name without <c>resolve</c> has several.</summary>
    [Directive<UpstreamServerGrammar>("server", DirectiveContexts.Upstream, Syntax = "address [parameter ...]")]
    public IList<UpstreamServerOptions> Servers { get; set; } = [];
}

/// <summary>How a server of a group is chosen.</summary>
internal enum UpstreamMethod
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
