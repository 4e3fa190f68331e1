using System.Globalization;
using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Stress;

/// <summary>
/// A storm of clients on a proxy that may open 64 descriptors more than it has when it is idle. .NET itself keeps one open
/// for nearly every assembly and does not start with less than about 200, so that a limit of 64 in all cannot be.
/// </summary>
public sealed class DescriptorLimitTests(ITestOutputHelper output)
{
    private const int Free = 64;
    private const int Storm = 300;
    private const string Alert = "accept() failed (24: Too many open files)";

    // The proxy looks every 500 ms whether it can accept again.
    private static readonly TimeSpan SeveralTries = TimeSpan.FromMilliseconds(1200);

    [Fact, Trait("Beyond", "nginx")]
    public async Task A_storm_is_survived_told_once_and_forgotten()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        var mail = $"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port}; protocol pop3; timeout 60s; }}";
        var limit = await DescriptorsOfAnIdleProxyAsync(port, mail) + Free;
        await using var proxy = await ProxyServer.StartAsync(mail, string.Create(CultureInfo.InvariantCulture, $"worker_rlimit_nofile {limit};"), workerConnections: limit);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, proxy.Http.Port)), () => "the HTTP side, which counts as well");
        await LogInAsync(port);
        var before = proxy.Process.Sockets;

        for (var storm = 1; storm <= 2; storm++)
        {
            var served = await WeatherAsync(proxy, port);
            output.WriteLine($"limit {limit}: {served} of {Storm} clients are served in storm {storm}");
            await LogInAsync(port);
            await Patience.UntilAsync(() => proxy.Process.Sockets <= before, () => $"{proxy.Process.Sockets} sockets to become {before} again");
        }

        Assert.False(proxy.Process.HasExited);
    }

    /// <summary>More clients than there are descriptors, of which those who are let in are served.</summary>
    /// <returns>How many.</returns>
    private static async Task<int> WeatherAsync(ProxyServer proxy, int port)
    {
        var told = Alerts(proxy);
        var clients = await Task.WhenAll(Enumerable.Range(0, Storm).Select(_ => Peer.ConnectAsync(port)));
        var greetings = clients.Select(client => client.ReadLineAsync()).ToList();
        await proxy.WaitForLogAsync(Alert, told + 1);
        var served = clients.Where((_, index) => greetings[index].IsCompletedSuccessfully).ToList();
        Assert.InRange(served.Count, 2, Free);
        foreach (var client in served) Assert.Equal("+OK", await client.AskAsync("NOOP"));
        Assert.Equal("+OK", await served[0].AskAsync("USER u"));
        Assert.Equal("+OK in", await served[0].AskAsync("PASS p"));
        Assert.Equal("+OK", await served[0].AskAsync("STAT"));
        await Task.Delay(SeveralTries, TimeProvider.System);
        // Twice where the end of the login's question to the auth server let one more client in meanwhile.
        Assert.InRange(Alerts(proxy) - told, 1, 2);
        foreach (var client in clients) client.Dispose();
        foreach (var greeting in greetings) await greeting.WithinAsync("the end of every read");
        return served.Count;
    }

    private static int Alerts(ProxyServer proxy) => proxy.Log.Split(Alert).Length - 1;

    private static async Task<int> DescriptorsOfAnIdleProxyAsync(int port, string mail)
    {
        await using var proxy = await ProxyServer.StartAsync(mail);
        await LogInAsync(port);
        return proxy.Process.Descriptors.Length;
    }

    private static async Task LogInAsync(int port)
    {
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
    }
}
