using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Authentication;

/// <summary>How the auth server is asked: directives <c>auth_http*</c>.</summary>
public sealed class AuthHttpOptions
{
    /// <summary>The value of <c>auth_http</c> that asks the built-in endpoint.</summary>
    internal const string Internal = "internal";

    /// <summary>Directive <c>auth_http</c> as written, in the order in which they are asked: <c>[http://|https://]host[:port][/uri]</c> or <c>unix:/path[:/uri]</c>; or <c>internal</c> alone, the users of <c>passdb</c>.</summary>
    [Directive("auth_http", DirectiveKind.AuthHttp, Syntax = "url | internal", Default = "none")]
    public IList<string> Url { get; set; } = [];

    /// <summary>Whether logins are decided on in this process, by the users of <c>passdb</c>.</summary>
    internal bool IsInternal => Url is [Internal];

    /// <summary>Directive <c>auth_http_timeout</c>: from connecting to the end of the answer's headers. Default 60 seconds. Where there are several URLs, none may take more than its share of what is left of <c>timeout</c>.</summary>
    [Directive("auth_http_timeout", DirectiveKind.Milliseconds)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Directive <c>auth_http_keepalive</c>: how many idle connections to an auth server every event loop keeps. Default 0: a new connection for every login, as nginx has it.</summary>
    [Directive("auth_http_keepalive", DirectiveKind.Number)]
    public int Keepalive { get; set; }

    /// <summary>Directive <c>auth_http_encoding</c>: how <c>Auth-User</c> and <c>Auth-Pass</c> are written, and read in the answer. Default nginx's: 0x00-0x20 and <c>%</c> are escaped, the answer is taken as it is.</summary>
    [Directive("auth_http_encoding", DirectiveKind.Choice, Words = ["nginx", "full", "base64"])]
    public AuthHttpEncoding Encoding { get; set; }

    /// <summary>Directive <c>auth_http_cache_valid</c>: how long a plain login that was let in is let in again without asking. Default 0: every login is asked about.</summary>
    [Directive("auth_http_cache_valid", DirectiveKind.Milliseconds)]
    public TimeSpan CacheValid { get; set; }

    /// <summary>Directive <c>auth_http_header</c>, in the order of the configuration.</summary>
    [Directive("auth_http_header", DirectiveKind.NameValue)]
    public IList<AuthHttpHeaderOptions> Headers { get; set; } = [];

    /// <summary>Directive <c>auth_http_pass_client_cert</c>: adds <c>Auth-SSL-Cert</c>. Default off.</summary>
    [Directive("auth_http_pass_client_cert", DirectiveKind.Flag)]
    public bool PassClientCert { get; set; }
}

/// <summary>Values of <c>auth_http_encoding</c>.</summary>
public enum AuthHttpEncoding
{
    /// <summary><c>nginx</c>: bytes up to 0x20 and <c>%</c> become <c>%XX</c>; the answer's are taken as they are.</summary>
    Nginx,

    /// <summary><c>full</c>: all but RFC 3986's unreserved characters become <c>%XX</c>, and the answer's are read so too.</summary>
    Full,

    /// <summary><c>base64</c>: RFC 4648, both ways.</summary>
    Base64,
}

/// <summary>One <c>auth_http_header</c>.</summary>
public sealed class AuthHttpHeaderOptions
{
    /// <summary>The header's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its value; the variables <c>$remote_port $server_port $server_addr $ssl_server_name $connection</c> are expanded, every other <c>$x</c> stays literal.</summary>
    public string Value { get; set; } = "";
}
