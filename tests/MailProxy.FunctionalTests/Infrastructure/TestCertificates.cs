using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>
/// The certificates of the tests: <c>ca.pem</c>, <c>server.pem</c> and <c>server.key</c> of it, and those that clients show.
/// Made once; each directory gets copies.
/// </summary>
internal static class TestCertificates
{
    /// <summary>The name in the server's certificate.</summary>
    public const string ServerName = "mx.test";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly X509Certificate2 Root = MakeRoot("Test CA");
    private static readonly X509Certificate2 OtherRoot = MakeRoot("Other CA");
    private static readonly X509Certificate2 Server = Issue(Root, ServerName, 100);

    private static readonly Dictionary<string, X509Certificate2> Clients = new()
    {
        ["client"] = Issue(Root, "client one", 100),
        ["expired"] = Issue(Root, "client two", -1),
        ["stranger"] = Issue(OtherRoot, "client three", 100),
    };

    /// <summary>Directives that name the server's files in a directory.</summary>
    public static string Directives(string directory) => $"ssl_certificate {directory}/server.pem; ssl_certificate_key {directory}/server.key;";

    /// <summary>Writes the files.</summary>
    public static void WriteTo(string directory)
    {
        File.WriteAllText(Path.Combine(directory, "ca.pem"), Root.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "server.pem"), Server.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "server.key"), Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Another certificate for the same server, in place of the first.</summary>
    /// <returns>Its serial number.</returns>
    public static string Renew(string directory)
    {
        using var renewed = Issue(Root, ServerName, 200);
        File.WriteAllText(Path.Combine(directory, "server.pem"), renewed.ExportCertificatePem());
        File.WriteAllText(Path.Combine(directory, "server.key"), renewed.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return renewed.SerialNumber;
    }

    /// <summary>What a client says that trusts this server only.</summary>
    /// <param name="shows"><c>client</c>, <c>expired</c>, <c>stranger</c>; null shows no certificate.</param>
    public static SslClientAuthenticationOptions ClientOptions(string? shows = null) => new()
    {
        TargetHost = ServerName,
        AllowTlsResume = false,              // a resumed session shows the certificate of the first
        EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => IsTrusted(certificate),
        ClientCertificateContext = shows is null ? null : SslStreamCertificateContext.Create(Clients[shows], null, offline: true),
    };

    /// <summary>Whether our authority has issued it.</summary>
    public static bool IsTrusted(X509Certificate? certificate)
    {
        if (certificate is null) return false;
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.Add(Root);
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(copy) && copy.MatchesHostname(ServerName);
    }

    private static X509Certificate2 MakeRoot(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(300));
    }

    private static X509Certificate2 Issue(X509Certificate2 root, string name, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (name == ServerName)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }

        // As long in every notation.
        var serial = RandomNumberGenerator.GetBytes(8);
        serial[0] = 0x7F;
        using var signed = request.Create(root, Now.AddDays(-20), Now.AddDays(days), serial);
        return signed.CopyWithPrivateKey(key);
    }
}
