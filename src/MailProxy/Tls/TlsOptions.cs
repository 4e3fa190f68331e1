using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Transport.Tls;

namespace MailProxy.Tls;

/// <summary>TLS towards clients: directives <c>starttls</c> and <c>ssl_*</c>. They count for addresses with <c>listen … ssl</c>, and for STARTTLS.</summary>
internal sealed class TlsOptions
{
    /// <summary>Directive <c>starttls</c>: <c>on</c> offers it, <c>only</c> refuses authentication without. Default off.</summary>
    [Directive<StarttlsGrammar>("starttls", Words = ["off", "on", "only"])]
    public StarttlsMode Starttls { get; set; }

    /// <summary>Directive <c>ssl</c> of nginx before 1.25: every <c>listen</c> of the server has the parameter <c>ssl</c>. Default off.</summary>
    [Directive<SslGrammar>("ssl", Replacement = "listen ... ssl")]
    public bool Enabled { get; set; }

    /// <summary>Directive <c>ssl_certificate</c>: PEM files, or <c>data:</c> with the PEM itself; the leaf first. One for each kind of key.</summary>
    [Directive<ConfFileGrammar>("ssl_certificate")]
    public IList<string> Certificate { get; set; } = [];

    /// <summary>Directive <c>ssl_certificate_key</c>: PEM files, <c>data:</c>, <c>engine:</c> or <c>store:</c>, in the order of the certificates.</summary>
    [Directive<ConfFileGrammar>("ssl_certificate_key")]
    public IList<string> CertificateKey { get; set; } = [];

    /// <summary>Directive <c>ssl_password_file</c>: passphrases of keys, one on a line, tried in turn. Default: none.</summary>
    [Directive<ConfFileGrammar>("ssl_password_file")]
    public string? PasswordFile { get; set; }

    /// <summary>Directive <c>ssl_protocols</c>. Default TLSv1.2 and TLSv1.3.</summary>
    [Directive<ChoicesGrammar>("ssl_protocols", Words = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])]
    public IList<string> Protocols { get; set; } = ["TLSv1.2", "TLSv1.3"];

    /// <summary>Directive <c>ssl_ciphers</c>: OpenSSL's list for TLS 1.2 and older. Default <c>HIGH:!aNULL:!MD5</c>.</summary>
    [Directive<TextGrammar>("ssl_ciphers", Syntax = "list")]
    public string Ciphers { get; set; } = "HIGH:!aNULL:!MD5";

    /// <summary>Directive <c>ssl_prefer_server_ciphers</c>. Default on, where nginx has off: with the default <c>ssl_ciphers</c> a client could choose a cipher without forward secrecy.</summary>
    [Directive<FlagGrammar>("ssl_prefer_server_ciphers")]
    public bool PreferServerCiphers { get; set; } = true;

    /// <summary>Directive <c>ssl_conf_command</c>: commands of OpenSSL's SSL_CONF.</summary>
    [Directive<ConfCommandGrammar>("ssl_conf_command")]
    public IList<NameValueOptions> ConfCommand { get; set; } = [];

    /// <summary>Directive <c>ssl_certificate_compression</c>: of no effect but a warning. Default off.</summary>
    [Directive<FlagGrammar>("ssl_certificate_compression")]
    public bool CertificateCompression { get; set; }

    /// <summary>Directive <c>ssl_dhparam</c>: a file with DH parameters. Default: none, no DHE.</summary>
    [Directive<ConfFileGrammar>("ssl_dhparam")]
    public string? Dhparam { get; set; }

    /// <summary>Directive <c>ssl_ecdh_curve</c>: curves with colons between, or <c>auto</c>. Default auto.</summary>
    [Directive<TextGrammar>("ssl_ecdh_curve", Syntax = "list")]
    public string EcdhCurve { get; set; } = "auto";

    /// <summary>Directive <c>ssl_session_cache</c>: <c>off</c>, <c>none</c>, <c>builtin[:n]</c>, <c>shared:name:size</c>. Default none.</summary>
    [Directive<SessionCacheGrammar>("ssl_session_cache")]
    public IList<SessionCacheSetting> SessionCache { get; set; } = [new(SessionCacheKind.None)];

    /// <summary>Directive <c>ssl_session_timeout</c>: how long a session may be resumed. Default 5 minutes.</summary>
    [Directive<SecondsGrammar>("ssl_session_timeout")]
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Directive <c>ssl_session_tickets</c>. Default on.</summary>
    [Directive<FlagGrammar>("ssl_session_tickets")]
    public bool SessionTickets { get; set; } = true;

    /// <summary>Directive <c>ssl_session_ticket_key</c>: files of 48 or 80 bytes; the first encrypts. Default: random keys.</summary>
    [Directive<ConfFileGrammar>("ssl_session_ticket_key")]
    public IList<string> SessionTicketKey { get; set; } = [];

    /// <summary>Directive <c>ssl_verify_client</c>. Default off.</summary>
    [Directive<ChoiceGrammar>("ssl_verify_client", Words = ["off", "on", "optional", "optional_no_ca"])]
    public ClientVerification VerifyClient { get; set; }

    /// <summary>Directive <c>ssl_verify_depth</c>: the longest chain. Default 1.</summary>
    [Directive<NumberGrammar>("ssl_verify_depth")]
    public int VerifyDepth { get; set; } = 1;

    /// <summary>Directive <c>ssl_client_certificate</c>: a file of CA certificates whose names clients are told. Default: none.</summary>
    [Directive<ConfFileGrammar>("ssl_client_certificate")]
    public string? ClientCertificate { get; set; }

    /// <summary>Directive <c>ssl_trusted_certificate</c>: a file of CA certificates whose names clients are not told. Default: none.</summary>
    [Directive<ConfFileGrammar>("ssl_trusted_certificate")]
    public string? TrustedCertificate { get; set; }

    /// <summary>Directive <c>ssl_crl</c>: a file of revocation lists, for the whole chain. Default: none.</summary>
    [Directive<ConfFileGrammar>("ssl_crl")]
    public string? Crl { get; set; }
}

/// <summary>Values of <c>starttls</c>.</summary>
internal enum StarttlsMode
{
    /// <summary>Not offered.</summary>
    Off,

    /// <summary>Offered.</summary>
    On,

    /// <summary>Offered, and no authentication before it.</summary>
    Only,
}

/// <summary>Values of <c>ssl_verify_client</c>.</summary>
internal enum ClientVerification
{
    /// <summary>No certificate is asked for.</summary>
    Off,

    /// <summary>A valid one is required.</summary>
    On,

    /// <summary>One that is sent must be valid.</summary>
    Optional,

    /// <summary>One that is sent may come from an unknown CA.</summary>
    OptionalNoCa,
}
