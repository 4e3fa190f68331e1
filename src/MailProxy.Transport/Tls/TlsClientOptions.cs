namespace MailProxy.Transport.Tls;

/// <summary>TLS towards servers: the <c>proxy_ssl_*</c> directives, paths already absolute.</summary>
internal sealed record TlsClientOptions
{
    /// <summary><c>proxy_ssl_verify</c>: the server's chain and name must be good.</summary>
    public bool Verify { get; init; } = true;

    /// <summary><c>proxy_ssl_verify_depth</c>.</summary>
    public int VerifyDepth { get; init; } = 1;

    /// <summary><c>proxy_ssl_trusted_certificate</c>; null trusts the system's store.</summary>
    public string? TrustedCertificate { get; init; }

    /// <summary><c>proxy_ssl_crl</c>.</summary>
    public string? Crl { get; init; }

    /// <summary><c>proxy_ssl_certificate</c> and <c>proxy_ssl_certificate_key</c>; null shows none.</summary>
    public TlsKeyPair? Certificate { get; init; }

    /// <summary><c>proxy_ssl_password_file</c>.</summary>
    public string? PasswordFile { get; init; }

    /// <summary><c>proxy_ssl_protocols</c>.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = ["TLSv1.2", "TLSv1.3"];

    /// <summary><c>proxy_ssl_ciphers</c> in OpenSSL's syntax.</summary>
    public string Ciphers { get; init; } = "DEFAULT";

    /// <summary><c>proxy_ssl_session_reuse</c>.</summary>
    public bool SessionReuse { get; init; } = true;
}
