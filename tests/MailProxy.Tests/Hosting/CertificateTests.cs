using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Tests.Configuration;
using MailProxy.Tests.Transport.OpenSsl;
using MailProxy.Tls;

namespace MailProxy.Tests.Hosting;

/// <summary>What a program with certificates starts with, and what a reload leaves alone.</summary>
public sealed class CertificateTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_certificate_that_cannot_be_loaded_keeps_the_program_from_starting()
    {
        await using var fixture = new RuntimeFixture();
        var exception = await Assert.ThrowsAsync<StartupException>(() => fixture.Runtime.StartAsync(Options(fixture, "/none/c.pem", "/none/c.key")));
        Assert.StartsWith("cannot load certificate \"/none/c.pem\": ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_with_one_changes_nothing_and_the_log_says_why()
    {
        await using var fixture = new RuntimeFixture();
        var pair = _authority.Issue(["mail.test"]);
        await fixture.Runtime.StartAsync(Options(fixture, pair.Certificate, pair.Key));
        var metrics = await fixture.MetricsAsync();
        Assert.Contains("mailproxy_certificate_expiry_timestamp_seconds{certificate=\"data:\"} ", metrics, StringComparison.Ordinal);

        var wrong = new ConfigurationResult { Options = Options(fixture, pair.Certificate, _authority.Issue(["mail.test"]).Key), Messages = [], Files = [] };
        Assert.False(await fixture.Runtime.ReloadAsync(() => wrong));
        Assert.Contains(fixture.Log, line => line.Contains("key values mismatch", StringComparison.Ordinal));
        Assert.DoesNotContain(fixture.Log, line => line.Contains("PRIVATE KEY", StringComparison.Ordinal));
        Assert.Equal(AboutCertificates(metrics), AboutCertificates(await fixture.MetricsAsync()));

        var right = new ConfigurationResult { Options = Options(fixture, pair.Certificate, pair.Key), Messages = [], Files = [] };
        Assert.True(await fixture.Runtime.ReloadAsync(() => right));

        static IEnumerable<string> AboutCertificates(string metrics) => metrics.Split('\n').Where(line => line.Contains("certificate", StringComparison.Ordinal));
    }

    private static MailProxyOptions Options(RuntimeFixture fixture, string certificate, string key)
    {
        var options = fixture.Options(TransportKind.Linux, 1);
        var server = new ServerOptions { Source = "c:1", Protocol = "imap" };
        (server.Tls.Starttls, server.Tls.Certificate, server.Tls.CertificateKey) = (StarttlsMode.On, [certificate], [key]);
        server.AuthHttp.Url = Values.Urls("127.0.0.1:1");
        options.Servers = [server];
        return options;
    }
}
