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

    [Theory, Trait("Beyond", "nginx")]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_client_whose_authority_is_gone_is_refused_though_it_has_a_session(string protocol)
    {
        var port = FreePort.Take();
        using var authority = new TestAuthority("The first");
        using var other = new TestAuthority("The second");
        using var client = authority.Issue(TestSubject.For("client"));
        await File.WriteAllTextAsync(_directory.Combine("client.pem"), client.Pem + client.KeyPem, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_directory.Combine("clients.pem"), authority.Pem, TestContext.Current.CancellationToken);
        await using var proxy = await ProxyServer.StartAsync(Mail(port).Replace(" server {", $" ssl_verify_client on; ssl_client_certificate {_directory.Path}/clients.pem; server {{", StringComparison.Ordinal));
        string[] arguments = ["s_client", "-connect", $"127.0.0.1:{port}", "-cert", _directory.Combine("client.pem"), protocol, "-crlf"];

        Assert.Contains("* OK IMAP4 ready", await TalkAsync([.. arguments, "-sess_out", _directory.Combine("session")]), StringComparison.Ordinal);
        var again = await TalkAsync([.. arguments, .. Session]);
        Assert.Contains("* OK IMAP4 ready", again, StringComparison.Ordinal);
        Assert.Contains(MailProxyServer.IsManaged ? "New, " : "Reused, ", again, StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory.Combine("clients.pem"), other.Pem, TestContext.Current.CancellationToken);
        await proxy.WaitForLogAsync("certificates reloaded for server in ");
        var refused = await TalkAsync([.. arguments, .. Session]);
        Assert.Contains("New, ", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("* OK", refused, StringComparison.Ordinal);
    }

    // SslStream gives none where it may not resume.
    private string[] Session => File.Exists(_directory.Combine("session")) ? ["-sess_in", _directory.Combine("session")] : [];

    private static async Task<string> TalkAsync(string[] arguments)
    {
        await using var client = ChildProcess.Start("/usr/bin/openssl", arguments, isTalkedTo: true);
        // The greeting, or why there is none.
        await Patience.UntilAsync(() => client.HasExited || client.Output.Contains("\n* ", StringComparison.Ordinal), () => $"a line; it said: {client.Output}\n{client.Error}");
        if (!client.HasExited) client.Say("a LOGOUT");
        await client.WaitForExitAsync();
        return client.Output;
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
