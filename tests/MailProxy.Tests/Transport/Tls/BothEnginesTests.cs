using System.Net.Sockets;
using MailProxy.Testing;
using MailProxy.Tests.Transport.OpenSsl;
using MailProxy.Transport;
using MailProxy.Transport.Managed;
using MailProxy.Transport.OpenSsl;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.Tls;

/// <summary>What both engines must do alike.</summary>
public sealed class BothEnginesTests : IDisposable
{
    private readonly TestAuthority _authority = new("An authority of tests");

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("CN=fred")]
    [InlineData("CN=\"Smith, John + Mary\", O=\"a;b<c>d\\\"")]
    [InlineData("CN=Bücher, O=Söhne & Töchter, L=Köln, S=NRW, C=DE")]
    [InlineData("CN=a+OU=b, O=c")]
    [InlineData("E=fred@example.org, CN=mail")]
    [InlineData("CN=x, OU=first, OU=second, DC=example, DC=org")]
    [InlineData("CN=first, CN=second")]
    [InlineData("CN=\"#hash\", O=\" led and trailed \"")]
    [InlineData("CN=\"a # b = c\"")]
    [InlineData("OID.1.2.3.4=thing, CN=x")]
    [InlineData("SERIALNUMBER=12, G=Fred, SN=Smith, T=Dr, STREET=Way 1, CN=x")]
    [InlineData("O=no common name")]
    [InlineData("CN=日本語 🎌")]
    public void A_certificate_is_described_alike(string subject)
    {
        foreach (var isRsa in new[] { false, true })
        {
            using var certificate = _authority.Issue(new TestSubject { Name = subject, IsRsa = isRsa });
            using var own = Assert.Single(MailProxy.Transport.OpenSsl.PemFile.ReadCertificates("data:" + certificate.Pem));
            Assert.Equal(new CertificateReader(own.Value).Describe(), CertificateText.Describe(certificate.Certificate));
            Assert.Equal(CertificateReader.Algorithms(own.Value), CertificateText.Algorithms(certificate.Certificate));
        }
    }

    public static TheoryData<string, byte[], string[]> OddNames => new()
    {
        { "mül.example", [], ["mül.example"] },
        { "plain.example", [10, 0, 1], ["plain.example"] },
        { "MÜL.example", [10, 0, 0, 1], ["mül.example"] },
    };

    [Theory, MemberData(nameof(OddNames))]
    public void A_certificate_that_only_OpenSSL_takes_has_names_and_an_end(string name, byte[] address, string[] names)
    {
        using var certificate = _authority.Issue(TestSubject.Odd(name, address));
        AssertFacts(certificate, names);
        using var own = Assert.Single(MailProxy.Transport.OpenSsl.PemFile.ReadCertificates("data:" + certificate.Pem));
        Assert.Equal(new CertificateReader(own.Value).Describe(), CertificateText.Describe(certificate.Certificate));
    }

    [Fact]
    public void Names_that_nobody_can_read_leave_the_common_name()
    {
        using var certificate = _authority.Issue(new TestSubject { Name = "CN=Common.example", Alternatives = [0x30, 0x05, 0x82, 0x40, 1, 2, 3] });
        AssertFacts(certificate, ["common.example"]);
    }

    [Theory]
    [InlineData("CN=first.example, CN=SECOND.example", "first.example")]
    [InlineData("O=nameless", null)]
    public void Without_names_the_common_name_counts(string subject, string? name)
    {
        using var certificate = _authority.Issue(new TestSubject { Name = subject });
        AssertFacts(certificate, name is null ? [] : [name]);
    }

    private static void AssertFacts(TestCertificate certificate, string[] names)
    {
        foreach (var engine in new[] { TlsEngine.OpenSsl, TlsEngine.Managed })
        {
            var facts = Assert.Single(engine.CreateServerContext(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)] }).Certificates);
            Assert.Equal(names, facts.Names);
            Assert.Equal(new DateTimeOffset(certificate.Certificate.NotAfter), facts.NotAfter);
        }
    }

    [Theory]
    [InlineData("TLSv1.2", true)]
    [InlineData("TLSv1.3", true)]
    [InlineData("TLSv1.2", false)]
    [InlineData("TLSv1.3", false)]
    public async Task The_managed_client_resumes_where_it_may(string protocol, bool reuse)
    {
        // The server tells, on OpenSSL, because SslStream does not.
        using var certificate = _authority.Issue(TestSubject.For("mail.example"));
        await using var server = await TlsServer.StartAsync(new TlsServerOptions { Certificates = [TlsSockets.Pair(certificate)], Protocols = [protocol] });
        var context = (ManagedTlsClientContext)TlsEngine.Managed.CreateClientContext(new TlsClientOptions { TrustedCertificate = "data:" + _authority.Pem, SessionReuse = reuse });
        foreach (var isResumed in new[] { false, reuse, reuse })
        {
            using var limit = new CancellationTokenSource(TlsServer.Deadline);
            await using var network = new NetworkStream(await server.Server.ConnectAsync(), ownsSocket: true);
            var (stream, _) = await context.HandshakeAsync(network, new TlsTarget("mail.example", SendName: true, "x"), limit.Token);
            await using (stream)
            {
                await stream.WriteAsync("hello"u8.ToArray(), limit.Token);
                await stream.ReadExactlyAsync(new byte[5], limit.Token);
                await stream.ShutdownAsync();
            }

            Assert.Contains($" resumed={isResumed} ", server.NextHandshake(), StringComparison.Ordinal);
        }
    }
}
