namespace MailProxy.Transport.Tls;

/// <summary>TLS towards clients: the <c>ssl_*</c> directives of one <c>server</c>, paths already absolute.</summary>
internal sealed record TlsServerOptions
{
    /// <summary>Pairs in the order of the configuration. A client that names a server gets those whose names match, others the first of each kind of key.</summary>
    public required IReadOnlyList<TlsKeyPair> Certificates { get; init; }

    /// <summary><c>ssl_password_file</c>: passphrases, one on a line.</summary>
    public string? PasswordFile { get; init; }

    /// <summary><c>ssl_protocols</c>: <c>TLSv1.2</c> and the like.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = ["TLSv1.2", "TLSv1.3"];

    /// <summary><c>ssl_ciphers</c> in OpenSSL's syntax.</summary>
    public string Ciphers { get; init; } = DefaultCiphers;

    /// <summary><c>ssl_prefer_server_ciphers</c>; a client that puts ChaCha20 first gets it all the same.</summary>
    public bool PreferServerCiphers { get; init; } = true;

    /// <summary><c>ssl_conf_command</c>: names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ConfCommands { get; init; } = [];

    /// <summary><c>ssl_dhparam</c>.</summary>
    public string? DhParam { get; init; }

    /// <summary><c>ssl_ecdh_curve</c>: names with colons between, or <c>auto</c>.</summary>
    public string EcdhCurve { get; init; } = "auto";

    /// <summary><c>ssl_session_cache</c>: its words.</summary>
    public IReadOnlyList<SessionCacheSetting> SessionCache { get; init; } = [new(SessionCacheKind.None)];

    /// <summary><c>ssl_session_timeout</c>.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>ssl_session_tickets</c>.</summary>
    public bool SessionTickets { get; init; } = true;

    /// <summary><c>ssl_session_ticket_key</c>: files; the first encrypts.</summary>
    public IReadOnlyList<string> SessionTicketKeys { get; init; } = [];

    /// <summary><c>ssl_verify_client</c> is not <c>off</c>: a certificate is asked for, never insisted on.</summary>
    public bool AsksForCertificate { get; init; }

    /// <summary><c>ssl_verify_depth</c>.</summary>
    public int VerifyDepth { get; init; } = 1;

    /// <summary><c>ssl_client_certificate</c>: CAs that clients are told.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary><c>ssl_trusted_certificate</c>: CAs that clients are not told.</summary>
    public string? TrustedCertificate { get; init; }

    /// <summary><c>ssl_crl</c>.</summary>
    public string? Crl { get; init; }

    /// <summary>The one ALPN id that is accepted (RFC 7301), such as <c>imap</c>.</summary>
    public string? ApplicationProtocol { get; init; }

    /// <summary>nginx's default of <c>ssl_ciphers</c>.</summary>
    public const string DefaultCiphers = "HIGH:!aNULL:!MD5";
}

/// <summary>A certificate and its key, each a path, <c>data:</c> with PEM, or for the key <c>engine:</c> or <c>store:</c>.</summary>
/// <param name="Certificate">The leaf, then intermediates.</param>
/// <param name="Key">The private key.</param>
internal sealed record TlsKeyPair(string Certificate, string Key)
{
    /// <summary>Never the key itself, which <c>data:</c> would show.</summary>
    public override string ToString() => SourceOf(Certificate);

    /// <summary>How messages name a value: <c>data:</c> without the data.</summary>
    public static string SourceOf(string value) => value.StartsWith("data:", StringComparison.Ordinal) ? "data:" : value;
}
