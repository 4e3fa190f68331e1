namespace MailProxy.Wire.ProxyProtocol;

/// <summary>What a PROXY header of version 2 tells of a client's TLS session, by the types of haproxy's proxy-protocol.txt, section 2.2.</summary>
internal sealed record ProxyTls
{
    /// <summary>PP2_SUBTYPE_SSL_VERSION: <c>TLSv1.3</c>.</summary>
    public required string Version { get; init; }

    /// <summary>PP2_SUBTYPE_SSL_CIPHER, in OpenSSL's words.</summary>
    public required string Cipher { get; init; }

    /// <summary>PP2_SUBTYPE_SSL_SIG_ALG, of our certificate: <c>RSA-SHA256</c>.</summary>
    public string? SignatureAlgorithm { get; init; }

    /// <summary>PP2_SUBTYPE_SSL_KEY_ALG, of our certificate: <c>RSA2048</c>.</summary>
    public string? KeyAlgorithm { get; init; }

    /// <summary>PP2_TYPE_AUTHORITY: the name that the client asked for.</summary>
    public string? Authority { get; init; }

    /// <summary>PP2_TYPE_ALPN.</summary>
    public string? ApplicationProtocol { get; init; }

    /// <summary>Whether the client has shown a certificate, in this connection or in the one whose session it resumed.</summary>
    public bool HasCertificate { get; init; }

    /// <summary>Whether the session is an earlier connection's.</summary>
    public bool IsResumed { get; init; }

    /// <summary>The verdict on the certificate; 0 is good.</summary>
    public int Verification { get; init; }

    /// <summary>PP2_SUBTYPE_SSL_CN: the certificate's common name.</summary>
    public string? CommonName { get; init; }
}
