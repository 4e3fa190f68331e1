using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Authentication;

/// <summary>How the auth server is asked: directives <c>auth_http*</c>.</summary>
internal sealed class AuthHttpOptions
{
    /// <summary>Directive <c>auth_http</c>, in the order in which they are asked: <c>[http://|https://]host[:port][/uri]</c> or <c>unix:/path[:/uri]</c>; or <c>internal</c> alone, the users of <c>passdb</c>.</summary>
    [Directive<AuthHttpGrammar>("auth_http", Default = "none")]
    public IList<AuthHttpUrl> Url { get; set; } = [];

    /// <summary>Whether logins are decided on in this process, by the users of <c>passdb</c>.</summary>
    internal bool IsInternal => Url is [{ IsInternal: true }];

    /// <summary>Directive <c>auth_http_timeout</c>: from connecting to the end of the answer's headers. Default 60 seconds. Where there are several URLs, none may take more than its share of what is left of <c>timeout</c>.</summary>
    [Directive<MillisecondsGrammar>("auth_http_timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Directive <c>auth_http_keepalive</c>: how many idle connections to an auth server every event loop keeps. Default 0: a new connection for every login, as nginx has it.</summary>
    [Directive<NumberGrammar>("auth_http_keepalive")]
    public int Keepalive { get; set; }

    /// <summary>Directive <c>auth_http_encoding</c>: how <c>Auth-User</c> and <c>Auth-Pass</c> are written, and read in the answer. Default nginx's: 0x00-0x20 and <c>%</c> are escaped, the answer is taken as it is.</summary>
    [Directive<ChoiceGrammar>("auth_http_encoding", Words = ["nginx", "full", "base64"])]
    public AuthHttpEncoding Encoding { get; set; }

    /// <summary>Directive <c>auth_http_cache_valid</c>: how long a plain login that was let in is let in again without asking. Default 0: every login is asked about.</summary>
    [Directive<MillisecondsGrammar>("auth_http_cache_valid")]
    public TimeSpan CacheValid { get; set; }

    /// <summary>Directive <c>auth_http_header</c>, in the order of the configuration. In values the variables <c>$remote_port $server_port $server_addr $ssl_server_name $connection</c> are expanded, every other <c>$x</c> stays literal.</summary>
    [Directive<PairGrammar>("auth_http_header")]
    public IList<NameValueOptions> Headers { get; set; } = [];

    /// <summary>Directive <c>auth_http_pass_client_cert</c>: adds <c>Auth-SSL-Cert</c>. Default off.</summary>
    [Directive<FlagGrammar>("auth_http_pass_client_cert")]
    public bool PassClientCert { get; set; }
}

/// <summary>Values of <c>auth_http_encoding</c>.</summary>
internal enum AuthHttpEncoding
{
    /// <summary><c>nginx</c>: bytes up to 0x20 and <c>%</c> become <c>%XX</c>; the answer's are taken as they are.</summary>
    Nginx,

    /// <summary><c>full</c>: all but RFC 3986's unreserved characters become <c>%XX</c>, and the answer's are read so too.</summary>
    Full,

    /// <summary><c>base64</c>: RFC 4648, both ways.</summary>
    Base64,
}
