using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>What the real servers show, by the name that is asked for: a good certificate and everything that can be wrong with one. Files <c>NAME.pem</c> and <c>NAME.key</c>.</summary>
internal sealed class ServerCertificates : IDisposable
{
    /// <summary>Shown where no other name is asked for; good for loopback's address too.</summary>
    public const string Good = "good.test";

    private readonly TempDirectory _directory = new("certs");
    private readonly TestAuthority _authority = new();

    public ServerCertificates()
    {
        using var good = _authority.Issue(TestSubject.For(Good) with { Addresses = [IPAddress.Loopback] });
        using var expired = _authority.Issue(TestSubject.For("expired.test").Expired());
        using var wrong = _authority.Issue(TestSubject.For("other.test"));
        using var revoked = _authority.Issue(TestSubject.For("revoked.test"));
        using var self = TestAuthority.SelfSigned(TestSubject.For("self.test"));
        using var client = _authority.Issue(TestSubject.For("client.test"));
        Write(Good, good);
        Write("expired.test", expired);
        Write("wrong.test", wrong);
        Write("revoked.test", revoked);
        Write("self.test", self);
        Write("client.test", client);
        File.WriteAllText(Authority, _authority.Pem);
        File.WriteAllText(RevocationList, _authority.Revoke(revoked.Certificate));
    }

    /// <summary>The names that SNI chooses by.</summary>
    public static string[] Special => ["expired.test", "wrong.test", "revoked.test", "self.test"];

    public string Authority => this["ca.pem"];

    public string RevocationList => this["crl.pem"];

    public string this[string file] => _directory.Combine(file);

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    private void Write(string name, TestCertificate certificate)
    {
        File.WriteAllText(this[name + ".pem"], certificate.Pem);
        File.WriteAllText(this[name + ".key"], certificate.KeyPem);
    }
}
