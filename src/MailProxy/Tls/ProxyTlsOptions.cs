using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Tls;

/// <summary>TLS towards upstreams: directives <c>proxy_ssl*</c>.</summary>
internal sealed class ProxyTlsOptions
{
    /// <summary>Directive <c>proxy_ssl</c>: <c>on</c> begins with TLS, <c>starttls</c> asks for it by STARTTLS or STLS and goes nowhere without. <c>Auth-Proxy-SSL</c> overrides it for a session. Default off.</summary>
    [Directive<ChoiceGrammar>("proxy_ssl", DirectiveContexts.MailAndBelow, Words = ["off", "on", "starttls"])]
    public ProxyTlsMode Mode { get; set; }

    /// <summary>Directive <c>proxy_ssl_verify</c>: the upstream's certificate must be good, and must name it. Default on.</summary>
    [Directive<FlagGrammar>("proxy_ssl_verify", DirectiveContexts.MailAndBelow)]
    public bool Verify { get; set; } = true;

    /// <summary>Directive <c>proxy_ssl_verify_depth</c>: how many certificates may stand between the upstream's and a trusted one. Default 1.</summary>
    [Directive<NumberGrammar>("proxy_ssl_verify_depth", DirectiveContexts.MailAndBelow)]
    public int VerifyDepth { get; set; } = 1;

    /// <summary>Directive <c>proxy_ssl_name</c>: the name that the certificate must carry and that SNI sends. Default (null): the host as the auth server named it.</summary>
    [Directive<TextGrammar>("proxy_ssl_name", DirectiveContexts.MailAndBelow, Syntax = "name", Default = "the upstream's host")]
    public string? Name { get; set; }

    /// <summary>Directive <c>proxy_ssl_server_name</c>: sends that name by SNI, unless it is an address. Default on.</summary>
    [Directive<FlagGrammar>("proxy_ssl_server_name", DirectiveContexts.MailAndBelow)]
    public bool ServerName { get; set; } = true;

    /// <summary>Directive <c>proxy_ssl_protocols</c>. Default TLSv1.2 and TLSv1.3.</summary>
    [Directive<ChoicesGrammar>("proxy_ssl_protocols", DirectiveContexts.MailAndBelow, Words = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])]
    public IList<string> Protocols { get; set; } = ["TLSv1.2", "TLSv1.3"];

    /// <summary>Directive <c>proxy_ssl_ciphers</c>: OpenSSL's list for TLS 1.2 and older. Default DEFAULT.</summary>
    [Directive<TextGrammar>("proxy_ssl_ciphers", DirectiveContexts.MailAndBelow, Syntax = "list")]
    public string Ciphers { get; set; } = "DEFAULT";

    /// <summary>Directive <c>proxy_ssl_certificate</c>: a PEM file, or <c>data:</c> with the PEM itself, that is shown to upstreams that ask; the leaf first. Default: none.</summary>
    [Directive<ConfFileGrammar>("proxy_ssl_certificate", DirectiveContexts.MailAndBelow)]
    public string? Certificate { get; set; }

    /// <summary>Directive <c>proxy_ssl_certificate_key</c>: its key, a PEM file, <c>data:</c>, <c>engine:</c> or <c>store:</c>. Default: none.</summary>
    [Directive<ConfFileGrammar>("proxy_ssl_certificate_key", DirectiveContexts.MailAndBelow)]
    public string? CertificateKey { get; set; }

    /// <summary>Directive <c>proxy_ssl_password_file</c>: passphrases of the key, one on a line, tried in turn. Default: none.</summary>
    [Directive<ConfFileGrammar>("proxy_ssl_password_file", DirectiveContexts.MailAndBelow)]
    public string? PasswordFile { get; set; }

    /// <summary>Directive <c>proxy_ssl_trusted_certificate</c>: a file of CA certificates. Default (null): the system's store.</summary>
    [Directive<ConfFileGrammar>("proxy_ssl_trusted_certificate", DirectiveContexts.MailAndBelow, Default = "the system's")]
    public string? TrustedCertificate { get; set; }

    /// <summary>Directive <c>proxy_ssl_crl</c>: a file of revocation lists, for the whole chain. Default: none.</summary>
    [Directive<ConfFileGrammar>("proxy_ssl_crl", DirectiveContexts.MailAndBelow)]
    public string? Crl { get; set; }

    /// <summary>Directive <c>proxy_ssl_session_reuse</c>: sessions with an upstream are resumed. Default on.</summary>
    [Directive<FlagGrammar>("proxy_ssl_session_reuse", DirectiveContexts.MailAndBelow)]
    public bool SessionReuse { get; set; } = true;
}

/// <summary>Values of <c>proxy_ssl</c>.</summary>
internal enum ProxyTlsMode
{
    /// <summary>No TLS.</summary>
    Off,

    /// <summary>From the first byte.</summary>
    On,

    /// <summary>By STARTTLS or STLS.</summary>
    Starttls,
}
