using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>Files of TLS towards upstreams that will not do.</summary>
public sealed class BrokenTlsFileTests : IDisposable
{
    private readonly TempDirectory _directory = new("broken");

    public BrokenTlsFileTests()
    {
        TestCertificates.WriteTo(_directory.Path);
        File.WriteAllText(_directory.Combine("broken.pem"), "not a certificate\n");
        File.Copy(_directory.Combine("server.key"), _directory.Combine("other.key"));
        File.Copy(_directory.Combine("server.pem"), _directory.Combine("other.pem"));
        TestCertificates.Renew(_directory.Path);
    }

    public void Dispose() => _directory.Dispose();

    [Theory, Trait("Beyond", "nginx")]
    [InlineData("proxy_ssl_trusted_certificate DIR/none.pem;", "SSL_CTX_load_verify_locations(\"DIR/none.pem\") failed")]
    [InlineData("proxy_ssl_trusted_certificate DIR/broken.pem;", "SSL_CTX_load_verify_locations(\"DIR/broken.pem\") failed")]
    [InlineData("proxy_ssl_certificate DIR/none.pem; proxy_ssl_certificate_key DIR/server.key;", "cannot load certificate \"DIR/none.pem\": ")]
    [InlineData("proxy_ssl_certificate DIR/broken.pem; proxy_ssl_certificate_key DIR/server.key;", "cannot load certificate \"DIR/broken.pem\": ")]
    [InlineData("proxy_ssl_certificate DIR/server.pem; proxy_ssl_certificate_key DIR/broken.pem;", "cannot load certificate key \"DIR/broken.pem\": ")]
    [InlineData("proxy_ssl_certificate DIR/server.pem; proxy_ssl_certificate_key DIR/other.key;", "SSL_CTX_use_PrivateKey(\"DIR/other.key\") failed (SSL: ")]
    [InlineData("proxy_ssl_certificate DIR/server.pem; proxy_ssl_certificate_key DIR/server.key; proxy_ssl_password_file DIR/none;", "open() \"DIR/none\" failed (2: No such file or directory)")]
    public async Task A_broken_file_fails_the_test_and_the_start_and_HUP_changes_nothing(string directives, string text)
    {
        directives = directives.Replace("DIR", _directory.Path, StringComparison.Ordinal);
        text = text.Replace("DIR", _directory.Path, StringComparison.Ordinal);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(Mail(port, $"imap_capabilities OLD; proxy_ssl on; proxy_ssl_certificate {_directory.Path}/other.pem; proxy_ssl_certificate_key {_directory.Path}/other.key;"));
        using var old = await Peer.ConnectAsync(port);
        await old.ExpectAsync("* OK IMAP4 ready");

        proxy.WriteConfiguration(Mail(port, $"imap_capabilities NEW; proxy_ssl on; {directives}"));
        var test = await ChildProcess.RunAsync(MailProxyServer.Program, "-t", "-c", proxy.ConfigurationFile);
        Assert.Equal(1, test.ExitCode);
        Assert.StartsWith($"mailproxy: [emerg] {text}", test.Error, StringComparison.Ordinal);
        Assert.EndsWith($"mailproxy: configuration file {proxy.ConfigurationFile} test failed", test.Error, StringComparison.Ordinal);

        proxy.Process.Signal(Signals.HangUp);
        await proxy.WaitForLogAsync(text);
        Assert.Equal("* CAPABILITY OLD AUTH=PLAIN", await old.AskAsync("a CAPABILITY"));
        using (var next = await Peer.ConnectAsync(port))
        {
            await next.ExpectAsync("* OK IMAP4 ready");
            Assert.Equal("* CAPABILITY OLD AUTH=PLAIN", await next.AskAsync("a CAPABILITY"));
        }

        Assert.Equal(0, await proxy.EndAsync(Signals.Terminate));
        var start = await ChildProcess.RunAsync(MailProxyServer.Program, "-c", proxy.ConfigurationFile);
        Assert.Equal(1, start.ExitCode);
        Assert.Contains($"mailproxy: [emerg] {text}", start.Error, StringComparison.Ordinal);
    }

    private static string Mail(int port, string directives) => $"auth_http 127.0.0.1:1; {directives} server {{ listen 127.0.0.1:{port}; protocol imap; }}";
}
