using System.Text.Json;
using System.Text.RegularExpressions;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>The dashboard and the alert rules that ship, against a real Prometheus that scrapes the real program.</summary>
[Trait("Beyond", "nginx")]
public sealed partial class PrometheusTests(MailServers servers) : IDisposable
{
    private readonly TempDirectory _directory = new("metrics");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_expression_of_dashboard_and_alerts_finds_what_the_program_tells()
    {
        await using var stage = await Stage.StartAsync(servers, _directory);
        await using var prometheus = await PrometheusServer.StartAsync(stage.Proxy.Http);
        await prometheus.WaitForAsync("up == 1");
        // Rates need a change between two scrapes.
        await stage.PlayAsync();
        var names = Expressions().Concat(AlertExpressions()).SelectMany(expression => Metric().Matches(expression)).Select(match => match.Value).Distinct().ToList();
        foreach (var name in names) await prometheus.WaitForAsync(name);
        foreach (var expression in Expressions()) await prometheus.WaitForAsync(expression);
        foreach (var expression in AlertExpressions()) await prometheus.QueryAsync(expression);
        await Patience.UntilAsync(() => prometheus.RulesAsync().GetAwaiter().GetResult().Values.All(health => health == "ok"), () => "every rule to be evaluated");
        Assert.Equal(AlertExpressions().Count, (await prometheus.RulesAsync()).Count);
        // The signal that failed is what it is for.
        await prometheus.WaitForAsync("ALERTS{alertname=\"MailProxyConfigReloadFailed\",alertstate=\"firing\"}");
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_the_metrics_nor_with_the_rules()
    {
        await using var stage = await Stage.StartAsync(servers, _directory);
        await stage.PlayAsync();
        using var http = new HttpClient { BaseAddress = stage.Proxy.Http, Timeout = Patience.Usual };
        var scrape = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        await File.WriteAllTextAsync(_directory.Combine("scrape"), scrape);
        var check = await ChildProcess.RunAsync("/bin/sh", "-c", $"promtool check metrics < {_directory.Combine("scrape")}");
        Assert.Equal((0, "", ""), (check.ExitCode, check.Output, check.Error));
        foreach (var name in new[] { "process_cpu_seconds_total", "process_working_set_bytes", "process_open_handles", "process_start_time_seconds", "mailproxy_build_info{version=" })
            Assert.Contains("\n" + name, scrape, StringComparison.Ordinal);
        Assert.Contains("\nmailproxy_ready 1\n", scrape, StringComparison.Ordinal);
        Assert.Contains("\nmailproxy_worker_connections_limit 4096\n", scrape, StringComparison.Ordinal);
        Assert.Contains("\nmailproxy_config_reloads_total{result=\"failed\"} 1\n", scrape, StringComparison.Ordinal);
        Assert.Contains("\nmailproxy_config_last_reload_successful 0\n", scrape, StringComparison.Ordinal);

        var deploy = Path.Combine(MailProxyServer.Repository, "deploy/prometheus");
        _ = (await ChildProcess.RunAsync("/usr/bin/promtool", "check", "config", Path.Combine(deploy, "prometheus.yml"))).Succeeded;
        _ = (await ChildProcess.RunAsync("/usr/bin/promtool", "test", "rules", Path.Combine(deploy, "alerts.test.yml"))).Succeeded;
    }

    [Fact]
    public async Task What_worker_connections_refuse_is_counted()
    {
        await using var auth = AuthHttpServer.SendingTo(0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; access_log {_directory.Combine("log")}; server {{ listen 127.0.0.1:{port}; protocol imap; }}", workerConnections: 1);
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        // The connection by which the test saw that it listens may take its place for a moment.
        Peer? first = null;
        await Patience.UntilAsync(
            () =>
            {
                first?.Dispose();
                first = Peer.ConnectAsync(port).GetAwaiter().GetResult();
                return first.ReadLineAsync().GetAwaiter().GetResult() == "* OK IMAP4 ready\r\n";
            },
            () => "a greeting");
        using var held = first!;
        using var second = await Peer.ConnectAsync(port);
        Assert.Equal("", await second.ReadToEndAsync());
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        var scrape = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Matches("\nmailproxy_limits_hit_total{limit=\"worker_connections\"} [1-9]", scrape);
        Assert.Contains("\nmailproxy_worker_connections 1\n", scrape, StringComparison.Ordinal);
        await Patience.UntilAsync(() => File.ReadAllText(_directory.Combine("log")).Contains(" limit ", StringComparison.Ordinal), () => "the line of who was refused");
    }

    private static string Deploy(string file) => File.ReadAllText(Path.Combine(MailProxyServer.Repository, "deploy", file));

    /// <summary>What the panels ask, with the dashboard's variables filled in as Grafana does.</summary>
    private static List<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(Deploy("grafana/mailproxy.json"));
        return
        [
            .. from panel in dashboard.RootElement.GetProperty("panels").EnumerateArray()
               where panel.TryGetProperty("targets", out _)
               from target in panel.GetProperty("targets").EnumerateArray()
               select target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal).Replace("$protocol", ".*", StringComparison.Ordinal),
        ];
    }

    private static List<string> AlertExpressions() =>
        [.. Alert().Matches(Deploy("prometheus/alerts.yml")).Select(match => match.Groups[1].Value.TrimStart('|', '\n', ' '))];

    [GeneratedRegex(@"\b(?:mailproxy|process)_\w+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"^ +expr: ((?:\|\n)?(?:.|\n)*?)\n +(?:for|labels):", RegexOptions.Multiline)]
    private static partial Regex Alert();

    /// <summary>The program in front of a group of which one server is dead, and of an auth server and a passdb that refuse; with TLS, and a reload that failed.</summary>
    private sealed class Stage(AuthHttpServer auth, ProxyServer proxy, int direct, params int[] refusing) : IAsyncDisposable
    {
        public ProxyServer Proxy { get; } = proxy;

        public static async Task<Stage> StartAsync(MailServers servers, TempDirectory directory)
        {
            TestCertificates.WriteTo(directory.Path);
            var dovecot = await servers.DovecotAsync();
            var auth = AuthHttpServer.Answering(_ => AuthHttpServer.Answer("Auth-Status: no"));
            var (direct, refusing, own) = (FreePort.Take(), FreePort.Take(), FreePort.Take());
            File.WriteAllText(directory.Combine("users"), "");
            var proxy = await ProxyServer.StartAsync($$"""
                {{TestCertificates.Directives(directory.Path)}}
                passdb passwd-file {{directory.Combine("users")}};
                upstream pool { server 127.0.0.1:{{FreePort.Take()}} max_fails=0; server 127.0.0.1:{{dovecot.Imap}}; }
                server { listen 127.0.0.1:{{direct}} ssl; protocol imap; proxy_pass pool; }
                server { listen 127.0.0.1:{{refusing}}; protocol imap; auth_http {{auth.Url}}; }
                server { listen 127.0.0.1:{{own}}; protocol imap; auth_http internal; }
                """);
            await Peer.WaitForListenerAsync(proxy.Http.Port);
            return new Stage(auth, proxy, direct, refusing, own);
        }

        public async Task PlayAsync()
        {
            for (var i = 0; i < 2; i++)
            {
                using var client = await Peer.ConnectAsync(direct);
                (await client.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
                await client.ReadLineAsync();
                Assert.StartsWith("a OK", await client.AskAsync($"a LOGIN {MailFront.NewUser()} {ProxyServer.Secret}"), StringComparison.Ordinal);
                await client.SendAsync("b LOGOUT\r\n");
                await client.ReadToEndAsync();
            }

            foreach (var port in refusing)
            {
                using var refused = await Peer.ConnectAsync(port);
                await refused.ReadLineAsync();
                Assert.StartsWith("a NO ", await refused.AskAsync("a LOGIN u p"), StringComparison.Ordinal);
            }

            Proxy.WriteConfiguration("no_such_directive;");
            Proxy.Process.Signal(Signals.HangUp);
            await Proxy.WaitForLogAsync("unknown directive");
        }

        public async ValueTask DisposeAsync()
        {
            await Proxy.DisposeAsync();
            await auth.DisposeAsync();
        }
    }
}
