using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>What the HTTP side tells an orchestrator and Prometheus.</summary>
[Trait("Beyond", "nginx")]
public sealed class HttpTests
{
    private static readonly string[] States = ["/livez", "/readyz", "/healthz"];

    [Fact]
    public async Task Health_is_told_until_a_shutdown_begins()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await StartAsync(auth, port);
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        foreach (var path in States) Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(path)).StatusCode);
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);

        proxy.Process.Signal(Signals.Quit);
        await proxy.WaitForLogAsync("gracefully shutting down");

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/livez")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/readyz")).StatusCode);
        client.ShutdownSend();
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task Sessions_logins_and_bytes_are_counted()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.Answering(request => request["Auth-User"] == "bad"
            ? AuthHttpServer.Accept(upstream.Port)
            : AuthHttpServer.Answer("Auth-Status: no"));
        var port = FreePort.Take();
        await using var proxy = await StartAsync(auth, port);
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        using (var refused = await Peer.ConnectAsync(port))
        {
            await refused.ReadLineAsync();
            await refused.AskAsync("USER nobody");
            Assert.Equal("-ERR no", await refused.AskAsync("PASS p"));
            await refused.ReadToEndAsync();
        }

        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
        Assert.Equal("+OK", await client.AskAsync("STAT"));
        var during = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        Assert.Contains("mailproxy_sessions_active{protocol=\"pop3\"} 1\n", during, StringComparison.Ordinal);
        Assert.Contains("mailproxy_logins_total{protocol=\"pop3\",method=\"plain\",result=\"ok\"} 1\n", during, StringComparison.Ordinal);
        Assert.Contains("mailproxy_logins_total{protocol=\"pop3\",method=\"plain\",result=\"rejected\"} 1\n", during, StringComparison.Ordinal);
        Assert.Contains("mailproxy_sessions_ended_total{protocol=\"pop3\",reason=\"auth_rejected\"} 1\n", during, StringComparison.Ordinal);
        Assert.Contains("mailproxy_upstream_login_seconds_count{protocol=\"pop3\"} 1\n", during, StringComparison.Ordinal);

        client.ShutdownSend();
        await client.ReadToEndAsync();
        var after = "";
        await Patience.UntilAsync(
            () => (after = http.GetStringAsync(new Uri("/metrics", UriKind.Relative)).GetAwaiter().GetResult())
                .Contains("mailproxy_sessions_ended_total{protocol=\"pop3\",reason=\"done\"} 1\n", StringComparison.Ordinal),
            () => $"the end of the session in\n{after}");
        Assert.Contains("mailproxy_sessions_active{protocol=\"pop3\"} 0\n", after, StringComparison.Ordinal);
        Assert.Contains("mailproxy_relayed_bytes_total{protocol=\"pop3\",from=\"client\"} 6\n", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_are_counted_before_there_is_one()
    {
        await using var auth = AuthHttpServer.Answering(_ => AuthHttpServer.Answer("Auth-Status: no"));
        await using var proxy = await StartAsync(auth, FreePort.Take());
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };

        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        Assert.Contains("mailproxy_sessions_active{protocol=\"pop3\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("protocol=\"imap\"", metrics, StringComparison.Ordinal);
    }

    private static async Task<ProxyServer> StartAsync(AuthHttpServer auth, int port)
    {
        var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port}; protocol pop3; }}");
        // The HTTP side comes last.
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        return proxy;
    }
}
