using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

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
}
