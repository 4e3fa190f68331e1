using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Linux.OpenSsl;

/// <summary>Which names a certificate of ours is for, and how long.</summary>
internal static class CertificateNames
{
    public static TlsCertificate Describe(LoadedPair pair)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(PeerCertificateReader.Der(pair.Chain[0].Value));
        return new TlsCertificate(pair.CertificateSource, NamesOf(certificate), new DateTimeOffset(certificate.NotAfter));
    }

    /// <summary>The DNS names of the subject alternative name; the common name where there are none (RFC 6125 section 6.4.4).</summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        var alternative = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        List<string> names = alternative is null ? [] : [.. alternative.EnumerateDnsNames().Select(name => name.ToLowerInvariant())];
        if (names.Count == 0 && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } common) names.Add(common.ToLowerInvariant());
        return names;
    }
}
