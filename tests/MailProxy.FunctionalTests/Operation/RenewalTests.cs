using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>Certificates that are renewed, and configurations that are read again, under a running program that has sessions.</summary>
public sealed class RenewalTests : IDisposable
{
    private readonly TempDirectory _directory = new("renewal");

    public RenewalTests() => TestCertificates.WriteTo(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_cache_of_nginx_own_manual_lives_through_reloads()
    {
        // The managed transport has no such caches, and says so at the start.
        var (port, cache) = (FreePort.Take(), MailProxyServer.IsManaged ? "none" : "builtin:1000 shared:SSL:10m");
        await using var proxy = await ProxyServer.StartAsync(
            $"auth_http 127.0.0.1:1; {TestCertificates.Directives(_directory.Path)} ssl_session_cache {cache}; server {{ listen 127.0.0.1:{port} ssl; protocol imap; }}");
        for (var i = 1; i <= 8; i++)
        {
            for (var j = 0; j < 10; j++)
            {
                using var client = await Peer.ConnectAsync(port);
                (await client.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
                await client.ExpectAsync("* OK IMAP4 ready");
            }

            proxy.Process.Signal(Signals.HangUp);
            await proxy.WaitForLogAsync("reconfiguring\n", times: i);
        }

        Assert.Equal(0, await proxy.EndAsync(Signals.Terminate));
        Assert.DoesNotContain("[crit]", proxy.Log, StringComparison.Ordinal);
    }

    [Theory, Trait("Beyond", "nginx")]
    [InlineData("mül.example", new byte[0])]
    [InlineData("plain.example", new byte[] { 10, 0, 1 })]
    public async Task A_certificate_that_only_OpenSSL_takes_is_taken_at_the_test_at_the_start_and_at_renewal(string name, byte[] address)
    {
        var port = FreePort.Take();
        using var authority = new TestAuthority();
        using var odd = authority.Issue(TestSubject.Odd(name, address));
        await using (var proxy = await ProxyServer.StartAsync(Mail(port)))
        {
            Write(odd);
            await proxy.WaitForLogAsync("certificates reloaded for server in ");
            await AssertShownAsync(proxy, port, odd);
            proxy.Process.Signal(Signals.HangUp);
            await proxy.WaitForLogAsync("reconfiguring\n");
            await AssertShownAsync(proxy, port, odd);

            var test = await ChildProcess.RunAsync(MailProxyServer.Program, "-t", "-c", proxy.ConfigurationFile);
            Assert.Equal((0, ""), (test.ExitCode, string.Concat(test.Error.Split('\n').Where(line => line.Contains('[', StringComparison.Ordinal)))));
        }

        await using var started = await ProxyServer.StartAsync(Mail(port));
        await AssertShownAsync(started, port, odd);
    }

    private static async Task AssertShownAsync(ProxyServer proxy, int port, TestCertificate certificate)
    {
        using var client = await Peer.ConnectAsync(port);
        var options = TestCertificates.ClientOptions();
        options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.Certificate.Thumbprint;
        (await client.BeginTlsAsync(options)).Dispose();
        await client.ExpectAsync("* OK IMAP4 ready");
        using var http = new HttpClient { BaseAddress = proxy.Http };
        var end = new DateTimeOffset(certificate.Certificate.NotAfter).ToUnixTimeSeconds();
        Assert.Contains($" {end}\n", await http.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    private string Mail(int port) => $"auth_http 127.0.0.1:1; {TestCertificates.Directives(_directory.Path)} server {{ listen 127.0.0.1:{port} ssl; protocol imap; }}";

    private void Write(TestCertificate certificate)
    {
        File.WriteAllText(_directory.Combine("server.key"), certificate.KeyPem);
        File.WriteAllText(_directory.Combine("server.pem"), certificate.Pem);
    }
}
