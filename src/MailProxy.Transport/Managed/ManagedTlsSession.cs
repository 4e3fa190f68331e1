using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>The facts of an <see cref="SslStream"/>.</summary>
/// <param name="stream">The stream.</param>
/// <param name="serverName">What the client asked for by SNI.</param>
/// <param name="verification">How the peer's certificate was judged.</param>
internal sealed class ManagedTlsSession(SslStream stream, string? serverName, TlsVerification verification) : TlsSession
{
    public override string Protocol => (int)stream.SslProtocol switch
    {
        ManagedTlsOptions.Tls10 => "TLSv1",
        ManagedTlsOptions.Tls11 => "TLSv1.1",
        ManagedTlsOptions.Tls12 => "TLSv1.2",
        _ => "TLSv1.3",
    };

    public override string Cipher => CipherName(stream.NegotiatedCipherSuite.ToString());

    public override string? ServerName => serverName;

    public override string? ApplicationProtocol => stream.NegotiatedApplicationProtocol.Protocol.IsEmpty ? null : stream.NegotiatedApplicationProtocol.ToString();

    /// <summary>Never: <see cref="SslStream"/> resumes without telling. Where client certificates are asked for it is not allowed to.</summary>
    public override bool IsResumed => false;

    public override TlsVerification Verification => verification;

    public override bool HasPeerCertificate => stream.RemoteCertificate is not null;

    public override TlsPeerCertificate? ReadPeerCertificate() => stream.RemoteCertificate is X509Certificate2 certificate ? CertificateText.Describe(certificate) : null;

    public override (string Signature, string Key) ReadOwnAlgorithms() => stream.LocalCertificate is X509Certificate2 certificate ? CertificateText.Algorithms(certificate) : ("", "");

    /// <summary>From IANA's name, which is OpenSSL's own for TLS 1.3, to OpenSSL's for the older ones.</summary>
    internal static string CipherName(string name)
    {
        var with = name.IndexOf("_WITH_", StringComparison.Ordinal);
        if (with < 0) return name;
        var exchange = name["TLS_".Length..with].Replace('_', '-');
        var cipher = name[(with + "_WITH_".Length)..]
            .Replace("AES_", "AES", StringComparison.Ordinal)
            .Replace("CAMELLIA_", "CAMELLIA", StringComparison.Ordinal)
            .Replace("ARIA_", "ARIA", StringComparison.Ordinal)
            .Replace("3DES_EDE_CBC", "DES_CBC3", StringComparison.Ordinal)
            .Replace("CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305", StringComparison.Ordinal)
            .Replace("CCM_8", "CCM8", StringComparison.Ordinal)
            .Replace("_CBC_", "_", StringComparison.Ordinal)
            .Replace('_', '-');
        return exchange == "RSA" ? cipher : $"{exchange}-{cipher}";
    }
}
