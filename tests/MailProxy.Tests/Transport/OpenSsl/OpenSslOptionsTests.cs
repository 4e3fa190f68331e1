using MailProxy.Transport;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>What the OpenSSL engine makes of options, without a connection.</summary>
public sealed class OpenSslOptionsTests : IDisposable
{
    private readonly Authority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("mailproxy-options-").FullName;

    [Fact]
    public void Keys_may_be_encrypted_and_passphrases_are_tried_in_turn()
    {
        var pair = _authority.Issue(["localhost"], password: "right one");
        var passwords = Write("passwords", "wrong\r\n\nright one\n");
        Assert.Equal(["localhost"], Create(new TlsServerOptions { Certificates = [pair], PasswordFile = passwords }).Certificates[0].Names);
        AssertRefused(new TlsServerOptions { Certificates = [pair], PasswordFile = Write("others", "wrong\n") }, "^cannot load certificate key \"data:\": PEM_read_bio_PrivateKey\\(\\) failed \\(SSL: error:.*\\)$");
        AssertRefused(new TlsServerOptions { Certificates = [pair] }, "^cannot load certificate key \"data:\": PEM_read_bio_PrivateKey\\(\\) failed \\(SSL: error:.*\\)$");
    }

    [Fact]
    public void Files_chains_and_stores_are_read()
    {
        var pair = _authority.Issue(["localhost"]);
        var certificate = Write("cert.pem", pair.Certificate["data:".Length..] + "\n" + _authority.Root["data:".Length..]);
        var key = Write("key.pem", pair.Key["data:".Length..]);
        foreach (var form in (string[])[key, "store:" + key, "store:file:" + key])
        {
            var only = Assert.Single(Create(new TlsServerOptions { Certificates = [new TlsKeyPair(certificate, form)] }).Certificates);
            Assert.Equal(certificate, only.Source);
            Assert.InRange(only.NotAfter, TimeProvider.System.GetUtcNow().AddDays(9), TimeProvider.System.GetUtcNow().AddDays(11));
        }
    }

    [Fact]
    public void A_file_that_is_not_there_or_is_none_is_named()
    {
        var pair = _authority.Issue(["localhost"]);
        AssertRefused(new TlsServerOptions { Certificates = [pair with { Certificate = "/no/such.pem" }] },
            "^cannot load certificate \"/no/such.pem\": BIO_new_file\\(\\) failed \\(SSL: error:80000002:system library::No such file or directory:calling fopen\\(/no/such.pem, r\\) error:10000080:BIO routines::no such file\\)$");
        var empty = Write("empty.pem", "nothing\n");
        AssertRefused(new TlsServerOptions { Certificates = [pair with { Certificate = empty }] }, "^cannot load certificate \".*/empty.pem\": PEM_read_bio_X509_AUX\\(\\) failed \\(SSL: error:0480006C:PEM routines::no start line:Expecting: TRUSTED CERTIFICATE\\)$");
        AssertRefused(new TlsServerOptions { Certificates = [pair with { Key = "/no/such.key" }] }, "^cannot load certificate key \"/no/such.key\": BIO_new_file\\(\\) failed \\(SSL: ");
        AssertRefused(new TlsServerOptions { Certificates = [pair with { Key = "engine:pkcs11:1" }] }, "^cannot load certificate key \"engine:pkcs11:1\": loading \"engine:...\" certificate keys is not supported, use \"store:\"$");
        AssertRefused(new TlsServerOptions { Certificates = [pair with { Key = _authority.Issue(["x"]).Key }] }, "^SSL_CTX_use_PrivateKey\\(\"data:\"\\) failed \\(SSL: error:05800074:x509 certificate routines::key values mismatch\\)$");
    }

    [Fact]
    public void A_value_that_OpenSSL_refuses_is_named()
    {
        var options = new TlsServerOptions { Certificates = [_authority.Issue(["localhost"])] };
        AssertRefused(options with { Ciphers = "NONE" }, "^SSL_CTX_set_cipher_list\\(\"NONE\"\\) failed \\(SSL: error:0A0000B9:SSL routines::no cipher match\\)$");
        AssertRefused(options with { EcdhCurve = "nothing" }, "^SSL_CTX_set1_curves_list\\(\"nothing\"\\) failed");
        AssertRefused(options with { ConfCommands = [new("Nonsense", "1")] }, "^SSL_CONF_cmd\\(\"Nonsense\", \"1\"\\) failed \\(SSL: error:.*unknown cmd name.*\\)$");
        AssertRefused(options with { DhParam = "/no/dh.pem" }, "^BIO_new_file\\(\"/no/dh.pem\"\\) failed \\(SSL: ");
        AssertRefused(options with { SessionTicketKeys = ["/no/key"] }, "^open\\(\\) \"/no/key\" failed \\(2: No such file or directory\\)$");
        AssertRefused(options with { SessionTicketKeys = [Write("short", "x")] }, "^\".*/short\" must be 48 or 80 bytes$");
        AssertRefused(options with { AsksForCertificate = true, ClientCertificate = "/no/ca.pem" }, "^SSL_CTX_load_verify_locations\\(\"/no/ca.pem\"\\) failed \\(SSL: ");
        AssertRefused(options with { AsksForCertificate = true, ClientCertificate = Write("ca.pem", _authority.Root["data:".Length..]), Crl = "/no/crl.pem" }, "^X509_LOOKUP_load_file\\(\"/no/crl.pem\"\\) failed");
        Create(options with { Ciphers = "ECDHE+AESGCM", EcdhCurve = "X25519:prime256v1", ConfCommands = [new("Ciphersuites", "TLS_AES_128_GCM_SHA256")], PreferServerCiphers = true });
    }

    [Fact]
    public void No_message_and_no_text_shows_a_key()
    {
        var pair = _authority.Issue(["localhost"]);
        Assert.Equal("data:", pair.ToString());
        var error = Assert.Throws<TlsConfigurationException>(() => Create(new TlsServerOptions { Certificates = [pair with { Key = pair.Key.Replace('A', '!') }] }));
        Assert.DoesNotContain("PRIVATE", error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static TlsServerContext Create(TlsServerOptions options) => TlsEngine.OpenSsl.CreateServerContext(options);

    private static void AssertRefused(TlsServerOptions options, string message) =>
        Assert.Matches(message, Assert.Throws<TlsConfigurationException>(() => Create(options)).Message);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
