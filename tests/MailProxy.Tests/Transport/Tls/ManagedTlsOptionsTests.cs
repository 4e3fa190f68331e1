using System.Security.Cryptography;
using MailProxy.Testing;
using MailProxy.Tests.Configuration;
using MailProxy.Transport;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.Tls;

/// <summary>What the managed engine makes of options, without a connection.</summary>
public sealed class ManagedTlsOptionsTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("mailproxy-managed-").FullName;

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_only_OpenSSL_can_do_is_refused_by_name()
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        var server = new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] };
        (TlsServerOptions Options, string Directive)[] refused =
        [
            (server with { Ciphers = "HIGH" }, "ssl_ciphers"), (server with { PreferServerCiphers = false }, "ssl_prefer_server_ciphers off"),
            (server with { ConfCommands = [new("Options", "x")] }, "ssl_conf_command"), (server with { DhParam = "dh.pem" }, "ssl_dhparam"),
            (server with { EcdhCurve = "X25519" }, "ssl_ecdh_curve"), (server with { SessionCache = Values.SessionCache("builtin") }, "ssl_session_cache builtin"),
            (server with { SessionCache = Values.SessionCache("shared:a:1m") }, "ssl_session_cache shared:a:1048576"), (server with { SessionTimeout = TimeSpan.FromHours(1) }, "ssl_session_timeout"),
            (server with { SessionTicketKeys = ["key"] }, "ssl_session_ticket_key"), (server with { Crl = "crl.pem" }, "ssl_crl"),
            (server with { Certificates = [TlsSockets.Pair(certificate) with { Key = "engine:e:1" }] }, "ssl_certificate_key engine:e:1"),
            (server with { Certificates = [TlsSockets.Pair(certificate) with { Key = "store:file:k" }] }, "ssl_certificate_key store:file:k"),
        ];
        foreach (var (options, directive) in refused) AssertRefused(options, $"\"{directive}\" needs \"transport linux\"");
        AssertRefused(new TlsClientOptions { Ciphers = "HIGH" }, "\"proxy_ssl_ciphers\" needs \"transport linux\"");
        AssertRefused(new TlsClientOptions { Crl = "crl.pem" }, "\"proxy_ssl_crl\" needs \"transport linux\"");
        AssertRefused(server with { Protocols = ["SSLv3"] }, "no version of \"ssl_protocols\" is supported");
        AssertRefused(new TlsClientOptions { Protocols = ["SSLv2", "SSLv3"] }, "no version of \"proxy_ssl_protocols\" is supported");
        foreach (var word in new[] { "none", "off" }) Assert.Single(Create(server with { SessionCache = Values.SessionCache(word) }).Certificates);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Keys_may_be_encrypted_and_passphrases_are_tried_in_turn(bool isRsa)
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example") with { IsRsa = isRsa });
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        using AsymmetricAlgorithm key = isRsa ? RSA.Create() : ECDsa.Create();
        key.ImportFromPem(certificate.KeyPem);
        var options = new TlsServerOptions { Certificates = [new TlsKeyPair("data:" + certificate.Pem, "data:" + key.ExportEncryptedPkcs8PrivateKeyPem("right one", parameters))] };

        Assert.Single(Create(options with { PasswordFile = Write("passwords", "wrong\r\n\nright one\n") }).Certificates);
        AssertRefused(options with { PasswordFile = Write("others", "wrong\nright\n") }, "cannot load certificate key \"data:\": no passphrase of the password file fits");
        AssertRefused(options with { PasswordFile = Write("empty", "") }, "cannot load certificate key \"data:\": no passphrase of the password file fits");
        AssertRefused(options, "cannot load certificate key \"data:\": it is encrypted, and there is no password file");
        AssertRefused(options with { PasswordFile = "/no/file" }, "open() \"/no/file\" failed (2: No such file or directory)");
    }

    [Fact]
    public void Files_that_will_not_do_are_named()
    {
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        using var other = _authority.Issue(TestSubject.For("other.example"));
        var nothing = Write("nothing", "nothing\n");
        var pair = TlsSockets.Pair(certificate);
        AssertPairRefused(pair with { Key = "data:" + other.KeyPem }, "SSL_CTX_use_PrivateKey(\"data:\") failed (SSL: key values mismatch)");
        AssertPairRefused(pair with { Key = nothing }, $"cannot load certificate key \"{nothing}\": no private key in it");
        AssertPairRefused(pair with { Key = "/no/key" }, "cannot load certificate key \"/no/key\": open() failed (2: No such file or directory)");
        AssertPairRefused(pair with { Certificate = nothing }, $"cannot load certificate \"{nothing}\": no certificate in it");
        AssertPairRefused(pair with { Certificate = "/no/pem" }, "cannot load certificate \"/no/pem\": open() failed (2: No such file or directory)");
        AssertPairRefused(pair with { Key = "data:-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n" },
            "cannot load certificate key \"data:\": its old kind of encryption needs \"transport linux\", or \"openssl pkcs8 -topk8\"");
        AssertRefused(new TlsClientOptions { TrustedCertificate = nothing }, $"SSL_CTX_load_verify_locations(\"{nothing}\") failed: no certificate in it");
    }

    private static TlsServerContext Create(TlsServerOptions options) => TlsEngine.Managed.CreateServerContext(options);

    private static void AssertPairRefused(TlsKeyPair pair, string message)
    {
        AssertRefused(new TlsServerOptions { Certificates = [pair] }, message);
        AssertRefused(new TlsClientOptions { Certificate = pair }, message);
    }

    private static void AssertRefused(TlsServerOptions options, string message) =>
        Assert.Equal(message, Assert.Throws<TlsConfigurationException>(() => Create(options)).Message);

    private static void AssertRefused(TlsClientOptions options, string message) =>
        Assert.Equal(message, Assert.Throws<TlsConfigurationException>(() => TlsEngine.Managed.CreateClientContext(options)).Message);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
