using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailProxy.Tests;

/// <summary>Certificates of the tests' own.</summary>
internal static class SelfSigned
{
    /// <summary>One for a server of this name, valid today.</summary>
    public static X509Certificate2 For(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
