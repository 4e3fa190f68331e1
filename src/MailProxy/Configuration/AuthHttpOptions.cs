using MailProxy.Configuration.Directives;

namespace MailProxy.Configuration;

/// <summary>How the auth server is asked: directives <c>auth_http*</c>.</summary>
public sealed class AuthHttpOptions
{
    /// <summary>Directive <c>auth_http</c> as written: <c>[http://|https://]host[:port][/uri]</c> or <c>unix:/path[:/uri]</c>. Required.</summary>
    [Directive("auth_http", DirectiveKind.AuthHttp, IsRepeatable = true, Syntax = "url", Default = "none")]
    public string Url { get; set; } = "";

    /// <summary>Whether <c>auth_http internal</c> asks the built-in endpoint, without a hop.</summary>
    public bool IsInternal => Url == "internal";

    /// <summary>Directive <c>auth_http_timeout</c>: from connecting to the end of the answer's headers. Default 60 seconds.</summary>
    [Directive("auth_http_timeout", DirectiveKind.Milliseconds)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Directive <c>auth_http_keepalive</c>: how many idle connections to an auth server every event loop keeps. Default 0: a new connection for every login, as nginx has it.</summary>
    [Directive("auth_http_keepalive", DirectiveKind.Number)]
    public int Keepalive { get; set; }

    /// <summary>Directive <c>auth_http_header</c>, in the order of the configuration.</summary>
    [Directive("auth_http_header", DirectiveKind.NameValue)]
    public IList<AuthHttpHeaderOptions> Headers { get; set; } = [];

    /// <summary>Directive <c>auth_http_pass_client_cert</c>: adds <c>Auth-SSL-Cert</c>. Default off.</summary>
    [Directive("auth_http_pass_client_cert", DirectiveKind.Flag)]
    public bool PassClientCert { get; set; }
}

/// <summary>One <c>auth_http_header</c>.</summary>
public sealed class AuthHttpHeaderOptions
{
    /// <summary>The header's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its value; the variables <c>$remote_port $server_port $server_addr $ssl_server_name $connection</c> are expanded, every other <c>$x</c> stays literal.</summary>
    public string Value { get; set; } = "";
}
