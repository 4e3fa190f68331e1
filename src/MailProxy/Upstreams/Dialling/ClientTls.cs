using MailProxy.Transport.Tls;
using MailProxy.Wire.ProxyProtocol;

namespace MailProxy.Upstreams.Dialling;

/// <summary>A client's TLS session as an upstream is told of it.</summary>
internal static class ClientTls
{
    /// <returns>Null where the client's connection is clear.</returns>
    public static ProxyTls? Describe(TlsSession? session)
    {
        if (session is null) return null;
        var (signature, key) = session.ReadOwnAlgorithms();
        return new ProxyTls
        {
            Version = session.Protocol,
            Cipher = session.Cipher,
            SignatureAlgorithm = signature,
            KeyAlgorithm = key,
            Authority = session.ServerName,
            ApplicationProtocol = session.ApplicationProtocol,
            HasCertificate = session.HasPeerCertificate,
            IsResumed = session.IsResumed,
            Verification = session.Verification.Code,
            CommonName = session.ReadPeerCertificate()?.CommonName,
        };
    }
}
