using MailProxy.Authentication;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Configuration;

/// <summary>One <c>server { }</c> of <c>mail { }</c>, with what it inherits already applied.</summary>
public sealed class ServerOptions
{
    /// <summary>Where the block stands, <c>FILE:LINE</c>, or its configuration key. For messages only.</summary>
    public string Source { get; set; } = "";

    /// <summary>Directive <c>protocol</c>: <c>imap</c>, <c>pop3</c> or <c>smtp</c>. Default: by the first listen with a well-known port.</summary>
    [Directive("protocol", DirectiveKind.Protocol, DirectiveContexts.Server, Words = ["imap", "pop3", "smtp"], IsRepeatable = true, Default = "by port")]
    public string Protocol { get; set; } = "";

    /// <summary>Directive <c>server_name</c>. Default: the host's name in lower case.</summary>
    [Directive("server_name", DirectiveKind.Text, Syntax = "name", Default = "host name")]
    public string ServerName { get; set; } = "";

    /// <summary>Directive <c>timeout</c>: the time before login, and again the time of the whole login at the upstream. Default 60 seconds.</summary>
    [Directive("timeout", DirectiveKind.Milliseconds)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Directive <c>max_errors</c>: commands that cannot be parsed before the session is closed. Default 5.</summary>
    [Directive("max_errors", DirectiveKind.Number)]
    public int MaxErrors { get; set; } = 5;

    /// <summary>Directive <c>listen</c>, one entry for each address that it stands for (ranges and host names are spread out).</summary>
    [Directive("listen", DirectiveKind.Listen, DirectiveContexts.Server, Syntax = "address[:port[-port]] [parameter ...]")]
    public IList<MailListenOptions> Listen { get; set; } = [];

    /// <summary>Directive <c>set_real_ip_from</c>: the peers whose PROXY header names the client: an address, <c>address/bits</c>, or <c>unix:</c> (host names already resolved).</summary>
    [Directive("set_real_ip_from", DirectiveKind.RealIp, Syntax = "address | network/bits | name | unix:")]
    public IList<string> SetRealIpFrom { get; set; } = [];

    /// <summary>Directive <c>error_log</c> where <c>mail { }</c> or the server has its own. Empty: the main context's.</summary>
    [Directive("error_log", DirectiveKind.ErrorLog, Default = "main's")]
    public IList<ErrorLogOptions> ErrorLog { get; set; } = [];

    /// <summary>Directive <c>log_format</c> of <c>mail { }</c>; <c>combined</c> and <c>json</c> are there without.</summary>
    [Directive("log_format", DirectiveKind.LogFormat, DirectiveContexts.Mail, Syntax = "name [escape=default | json | none] string ...", Default = "combined, json")]
    public IList<LogFormatOptions> LogFormats { get; set; } = [];

    /// <summary>Directive <c>access_log</c>: a line for each session. Empty, or with an <c>off</c>: none.</summary>
    [Directive("access_log", DirectiveKind.AccessLog, Syntax = "file | stdout | stderr | syslog:... | off [format]", Default = "off")]
    public IList<AccessLogOptions> AccessLog { get; set; } = [];

    /// <summary>Directives <c>resolver</c> and <c>resolver_timeout</c>.</summary>
    public ResolverOptions Resolver { get; set; } = new();

    /// <summary>Directives <c>auth_http*</c>.</summary>
    public AuthHttpOptions AuthHttp { get; set; } = new();

    /// <summary>Directives <c>starttls</c> and <c>ssl_*</c>.</summary>
    public TlsOptions Tls { get; set; } = new();

    /// <summary>Directives <c>proxy*</c> and <c>xclient</c>.</summary>
    public ProxyOptions Proxy { get; set; } = new();

    /// <summary>Directives <c>proxy_ssl*</c>.</summary>
    public ProxyTlsOptions ProxyTls { get; set; } = new();

    /// <summary>Directives <c>imap_*</c>.</summary>
    public ImapOptions Imap { get; set; } = new();

    /// <summary>Directives <c>pop3_*</c>.</summary>
    public Pop3Options Pop3 { get; set; } = new();

    /// <summary>Directives <c>smtp_*</c>.</summary>
    public SmtpOptions Smtp { get; set; } = new();
}
