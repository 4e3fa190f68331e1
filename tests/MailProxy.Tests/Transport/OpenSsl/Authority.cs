using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>A certificate authority of the test's own.</summary>
internal sealed class Authority : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly X509Certificate2 _root;

    /// <param name="name">Its common name.</param>
    /// <param name="issuer">Who certifies it; nobody but itself by default.</param>
    public Authority(string name = "Test CA", Authority? issuer = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (issuer is null)
        {
            _root = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
            return;
        }

        using var signed = request.Create(issuer._root, Now.AddDays(-25), Now.AddDays(25), RandomNumberGenerator.GetBytes(8));
        _root = signed.CopyWithPrivateKey(key);
    }

    /// <summary>The root, as <c>data:</c>.</summary>
    public string Root => "data:" + _root.ExportCertificatePem();

    public X509Certificate2 RootCertificate => _root;

    /// <summary>A certificate and its key, as <c>data:</c>.</summary>
    /// <param name="names">DNS names, or addresses.</param>
    /// <param name="rsa">RSA 2048 instead of ECDSA P-256.</param>
    /// <param name="days">When it expires, from today.</param>
    /// <param name="password">Encrypts the key.</param>
    public TlsKeyPair Issue(string[] names, bool rsa = false, int days = 10, string? password = null)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = $"CN={names[0]}";
        var request = key is RSA rsaKey ? new CertificateRequest(subject, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (System.Net.IPAddress.TryParse(name, out var address)) alternative.AddIpAddress(address);
            else alternative.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternative.Build());
        using var signed = request.Create(_root.SubjectName, X509SignatureGenerator.CreateForECDsa(_root.GetECDsaPrivateKey()!), Now.AddDays(-20), Now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        var pem = password is null ? key.ExportPkcs8PrivateKeyPem()
            : key.ExportEncryptedPkcs8PrivateKeyPem(password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        return new TlsKeyPair("data:" + signed.ExportCertificatePem(), "data:" + pem);
    }

    /// <summary>A revocation list with one certificate, as <c>data:</c>.</summary>
    public string Revoke(X509Certificate2 certificate)
    {
        var list = new CertificateRevocationListBuilder();
        list.AddEntry(certificate);
        return "data:" + PemEncoding.WriteString("X509 CRL", list.Build(_root, 1, Now.AddDays(5), HashAlgorithmName.SHA256));
    }

    public void Dispose() => _root.Dispose();
}
