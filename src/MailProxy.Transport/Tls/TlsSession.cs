namespace MailProxy.Transport.Tls;

/// <summary>What a handshake came to. Read on demand, so that an idle session keeps none of it.</summary>
internal abstract class TlsSession
{
    /// <summary>OpenSSL's name, such as <c>TLSv1.3</c>.</summary>
    public abstract string Protocol { get; }

    /// <summary>OpenSSL's name, such as <c>TLS_AES_256_GCM_SHA384</c>.</summary>
    public abstract string Cipher { get; }

    /// <summary>The name that the client asked for by SNI; null without.</summary>
    public abstract string? ServerName { get; }

    /// <summary>The protocol that ALPN chose (RFC 7301); null without.</summary>
    public abstract string? ApplicationProtocol { get; }

    /// <summary>Whether the session was resumed.</summary>
    public abstract bool IsResumed { get; }

    /// <summary>How the peer's certificate was judged; good where none was sent.</summary>
    public abstract TlsVerification Verification { get; }

    /// <summary>Whether the peer has shown a certificate.</summary>
    public abstract bool HasPeerCertificate { get; }

    /// <summary>The peer's certificate; null where none was sent.</summary>
    public abstract TlsPeerCertificate? ReadPeerCertificate();

    /// <summary>Our certificate's algorithms, as the PROXY protocol's TLVs 0x24 and 0x25 name them: <c>RSA-SHA256</c>, <c>RSA2048</c>.</summary>
    public abstract (string Signature, string Key) ReadOwnAlgorithms();
}

/// <summary>The verdict on a certificate chain.</summary>
/// <param name="Code">OpenSSL's X509_V_ERR number; 0 is good.</param>
/// <param name="Text">OpenSSL's text, such as <c>certificate has expired</c>.</param>
internal readonly record struct TlsVerification(int Code, string Text)
{
    /// <summary>Whether the chain is good.</summary>
    public bool IsGood => Code == 0;

    /// <summary>Whether the only fault is that its issuer is not known, which <c>ssl_verify_client optional_no_ca</c> lets pass.</summary>
    public bool IsUnknownIssuer => Code is 18 or 19 or 20 or 27 or 21;
}

/// <summary>A peer's certificate in the forms that auth_http and the PROXY protocol want.</summary>
/// <param name="Subject">RFC 2253.</param>
/// <param name="Issuer">RFC 2253.</param>
/// <param name="Serial">Upper-case hexadecimal.</param>
/// <param name="Fingerprint">SHA-1 of the DER form in lower-case hexadecimal.</param>
/// <param name="CommonName">Of the subject; null without one.</param>
/// <param name="Pem">PEM with its final newline.</param>
internal sealed record TlsPeerCertificate(string Subject, string Issuer, string Serial, string Fingerprint, string? CommonName, string Pem);
