using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MailProxy.Testing;

/// <summary>A certificate authority of the tests' own.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private TestAuthority(X509Certificate2 certificate) => Certificate = certificate;

    public TestAuthority(string name = "Test CA")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Certificate = Authority(name, key).CreateSelfSigned(Now.AddYears(-3), Now.AddYears(3));
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>An authority that this one vouches for.</summary>
    public TestAuthority Intermediate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Authority(name, key).Create(Certificate, Now.AddYears(-2), Now.AddYears(2), RandomNumberGenerator.GetBytes(8));
        return new TestAuthority(certificate.CopyWithPrivateKey(key));
    }

    public TestCertificate Issue(TestSubject subject)
    {
        using AsymmetricAlgorithm key = subject.IsRsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var own = Certificate.GetECDsaPrivateKey()!;
        var certificate = Request(subject, key).Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(own), Now + subject.From, Now + subject.To, RandomNumberGenerator.GetBytes(8));
        return WithKey(certificate, key);
    }

    /// <summary>A certificate that nobody vouches for.</summary>
    public static TestCertificate SelfSigned(TestSubject subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return WithKey(Request(subject, key).CreateSelfSigned(Now + subject.From, Now + subject.To), key);
    }

    /// <summary>The revocation list of these certificates, in PEM.</summary>
    public string Revoke(params X509Certificate2[] certificates)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in certificates) list.AddEntry(certificate);
        return PemEncoding.WriteString("X509 CRL", list.Build(Certificate, 1, Now.AddYears(1), HashAlgorithmName.SHA256)) + "\n";
    }

    public void Dispose() => Certificate.Dispose();

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static CertificateRequest Request(TestSubject subject, AsymmetricAlgorithm key)
    {
        var name = new X500DistinguishedName(subject.Name);
        var request = key is RSA rsa
            ? new CertificateRequest(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(name, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        if (subject.Usage is { } usage) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var dns in subject.Dns) names.AddDnsName(dns);
        foreach (var address in subject.Addresses) names.AddIpAddress(address);
        if (subject.Alternatives is { } encoded) request.CertificateExtensions.Add(new X509Extension("2.5.29.17", encoded, critical: false));
        else if (subject.Dns.Length + subject.Addresses.Length > 0) request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private static TestCertificate WithKey(X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        if (certificate.HasPrivateKey) return new TestCertificate(certificate, key.ExportPkcs8PrivateKeyPem() + "\n");
        using (certificate)
            return new TestCertificate(key is RSA rsa ? certificate.CopyWithPrivateKey(rsa) : certificate.CopyWithPrivateKey((ECDsa)key), key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}

/// <summary>Whom a certificate is for.</summary>
internal sealed record TestSubject
{
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    public string Name { get; init; } = "CN=test";

    public string[] Dns { get; init; } = [];

    public IPAddress[] Addresses { get; init; } = [];

    /// <summary>The alternative names as they are encoded, in place of the others: .NET encodes only what it takes itself.</summary>
    public byte[]? Alternatives { get; init; }

    /// <summary>From when on it is valid, counted from now.</summary>
    public TimeSpan From { get; init; } = TimeSpan.FromDays(-30);

    /// <summary>Until when, counted from now.</summary>
    public TimeSpan To { get; init; } = TimeSpan.FromDays(30);

    public bool IsRsa { get; init; }

    /// <summary>What it may be used for; null for everything.</summary>
    public string? Usage { get; init; }

    /// <summary>Alternative names that OpenSSL takes and .NET does not.</summary>
    /// <param name="name">A DNS name, written as UTF-8 whatever is in it.</param>
    /// <param name="address">The bytes of an IP address, as many as there are.</param>
    public static TestSubject Odd(string name, params byte[] address)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(Encoding.UTF8.GetBytes(name), new Asn1Tag(TagClass.ContextSpecific, 2));
            if (address.Length > 0) writer.WriteOctetString(address, new Asn1Tag(TagClass.ContextSpecific, 7));
        }

        return new TestSubject { Name = "CN=odd.example", Alternatives = writer.Encode() };
    }

    public static TestSubject For(params string[] names) => new() { Name = $"CN={names[0]}", Dns = names };

    public TestSubject Expired() => this with { From = TimeSpan.FromDays(-60), To = TimeSpan.FromDays(-1) };
}

/// <summary>A certificate with its key.</summary>
/// <param name="Certificate">Both.</param>
/// <param name="KeyPem">The key.</param>
internal sealed record TestCertificate(X509Certificate2 Certificate, string KeyPem) : IDisposable
{
    public string Pem => Certificate.ExportCertificatePem() + "\n";

    public void Dispose() => Certificate.Dispose();
}
