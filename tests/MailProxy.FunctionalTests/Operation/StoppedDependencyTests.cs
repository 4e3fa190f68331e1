using System.Diagnostics;
using System.Text.Json;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>What the program depends on is stopped, or was never there: others are served meanwhile, health and metrics tell, and signals end it.</summary>
[Trait("Beyond", "nginx")]
public sealed class StoppedDependencyTests : IDisposable
{
    private const int Stop = 19;
    private const int Continue = 18;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly TempDirectory _directory = new("stopped");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Signals.Terminate)]
    [InlineData(Signals.Interrupt)]
    public async Task Logs_on_a_FIFO_that_nobody_reads_hold_up_neither_start_nor_signal(int signal)
    {
        var (access, error) = (_directory.Combine("access"), _directory.Combine("error"));
        await ChildProcess.RunAsync("mkfifo", access, error);
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}}; access_log {{access}} json;
            server { listen 127.0.0.1:{{port}}; protocol pop3; error_log {{error}} info; }
            """);
        var text = $"open() \"{access}\" failed (6: No such device or address): nobody reads it, its lines wait";
        await Patience.UntilAsync(() => proxy.Process.Error.Contains(text, StringComparison.Ordinal), () => $"{text} on stderr");
        await SessionAsync(port);
        proxy.Process.Signal(Signals.User1);
        proxy.Process.Signal(Signals.HangUp);
        await proxy.WaitForLogAsync("signal 1 (SIGHUP) received");
        await SessionAsync(port);

        // Whoever reads at last gets what waited.
        await using (var reader = ChildProcess.Start("cat", [access]))
            await Patience.UntilAsync(() => reader.Output.Split("\"auth_status\":\"ok\"").Length == 3, () => "the lines of two sessions");
        Assert.Equal(0, await EndsSoonAsync(proxy, signal));
    }

    [Fact]
    public async Task A_disk_that_is_full_loses_counted_lines_and_glues_none()
    {
        const int limit = 1024 * 1024;
        var access = _directory.Combine("access");
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}}; access_log {{access}} json;
            server { listen 127.0.0.1:{{port}}; protocol pop3; }
            """);
        // The test itself has connected once, to see whether it may begin.
        await Patience.UntilAsync(() => File.ReadAllText(access).EndsWith("}\n", StringComparison.Ordinal), () => "the first line");
        await File.AppendAllTextAsync(access, new string('x', limit - 100 - (int)new FileInfo(access).Length - 1) + "\n");
        await ChildProcess.RunAsync("prlimit", "--pid", $"{proxy.Process.Id}", $"--fsize={limit}:unlimited");
        await SessionAsync(port);
        await proxy.WaitForLogAsync($"write() to \"{access}\" failed (27: File too large), its lines are dropped");
        await SessionAsync(port);
        await MetricAsync(proxy, $"mailproxy_log_lines_dropped_total{{log=\"{access}\"}} 2");
        Assert.Equal(2, proxy.Log.Split("its lines are dropped").Length);

        await ChildProcess.RunAsync("prlimit", "--pid", $"{proxy.Process.Id}", "--fsize=unlimited:unlimited");
        await SessionAsync(port);
        await Patience.UntilAsync(() => File.ReadAllText(access).Length > limit && File.ReadAllText(access).EndsWith("}\n", StringComparison.Ordinal), () => "a whole line");
        var lines = (await File.ReadAllTextAsync(access))[(limit - 100)..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("{", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("2 lines of this log were lost, because they could not be written", lines[1], StringComparison.Ordinal);
        Assert.Equal("done", JsonDocument.Parse(lines[2]).RootElement.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_syslog_server_that_is_stopped_loses_counted_lines_and_holds_up_nobody()
    {
        var socket = _directory.Combine("dev-log");
        await using var syslog = ChildProcess.Start(
            "perl", ["-MSocket", "-e", "socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; $| = 1; print \"ready\\n\"; while (defined recv($s, my $m, 4096, 0)) { print \"$m\\n\" }", socket]);
        await Patience.UntilAsync(() => syslog.Output.Contains("ready", StringComparison.Ordinal), () => "the syslog server");
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        var target = $"syslog:server=unix:{socket},nohostname";
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}}; access_log {{target}} json;
            server { listen 127.0.0.1:{{port}}; protocol pop3; }
            """);
        await SessionAsync(port);
        await Patience.UntilAsync(() => syslog.Output.Contains("\"status\":\"done\"", StringComparison.Ordinal), () => "a line");

        syslog.Signal(Stop);
        var text = $"send() to \"{target}\" failed (11: Resource temporarily unavailable), its lines are dropped";
        await Patience.UntilAsync(async () => { await SessionAsync(port); return proxy.Log.Contains(text, StringComparison.Ordinal); }, () => "the queue to be full");
        await SessionAsync(port);
        Assert.Equal(2, proxy.Log.Split(text).Length);
        await MetricAsync(proxy, $"mailproxy_log_lines_dropped_total{{log=\"{target}\"}} ");
        syslog.Signal(Continue);
        await SessionAsync(port);
        Assert.Equal(0, await EndsSoonAsync(proxy, Signals.Terminate));
    }

    [Fact]
    public async Task An_auth_server_that_is_stopped_ends_its_logins_in_auth_http_timeout_and_nothing_else()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        var (authPort, port) = (FreePort.Take(), FreePort.Take());
        var configuration = _directory.Combine("nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off; master_process off; pid {{_directory.Combine("nginx.pid")}}; error_log stderr;
            events { }
            http {
                access_log off;
                server { listen 127.0.0.1:{{authPort}}; add_header Auth-Status OK; add_header Auth-Server 127.0.0.1; add_header Auth-Port {{upstream.Port}}; location / { return 200; } }
            }
            """);
        await using var nginx = ChildProcess.Start("/usr/sbin/nginx", ["-p", _directory.Path, "-e", "stderr", "-c", configuration]);
        await Peer.WaitForListenerAsync(authPort);
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http 127.0.0.1:{{authPort}}/; auth_http_timeout 2s;
            server { listen 127.0.0.1:{{port}}; protocol pop3; }
            """);
        using var relayed = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(relayed);

        nginx.Signal(Stop);
        var began = Stopwatch.GetTimestamp();
        using var waiting = await Peer.ConnectAsync(port);
        await waiting.ReadLineAsync();
        await waiting.AskAsync("USER bad");
        await waiting.SendAsync("PASS p\r\n");
        Assert.Equal("+OK", await relayed.AskAsync("STAT"));
        await MetricAsync(proxy, "mailproxy_ready 1\n");
        Assert.StartsWith("-ERR", await waiting.ReadLineAsync(), StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(1.9), Soon);

        // The same in the middle of a shutdown.
        using var last = await Peer.ConnectAsync(port);
        await last.ReadLineAsync();
        await last.AskAsync("USER bad");
        await last.SendAsync("PASS p\r\n");
        relayed.Dispose();
        Assert.Equal(0, await EndsSoonAsync(proxy, Signals.Terminate));
        Assert.StartsWith("-ERR", await last.ReadLineAsync(), StringComparison.Ordinal);
        nginx.Signal(Continue);
    }

    [Fact]
    public async Task A_name_server_that_is_silent_for_a_while_ends_no_group()
    {
        await using var upstream = new PeerServer(async peer =>
        {
            await peer.SendAsync("+OK up\r\n");
            while (await peer.ReadLineAsync() is { Length: > 0 } line)
                await peer.SendAsync(line.StartsWith("CAPA", StringComparison.Ordinal) ? "+OK\r\n.\r\n" : line.StartsWith("PASS", StringComparison.Ordinal) ? "+OK in\r\n" : "+OK\r\n");
        });
        await using var dns = new UdpDnsServer().WithAddress("pool.test", "127.0.0.1", ttl: 1).Failing("pool.test", UdpDnsServer.LongAddress, 0);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            upstream pool { server pool.test:{{upstream.Port}} resolve; resolver {{dns.EndPoint}}; resolver_timeout 1s; health_check interval=200ms; }
            server { listen 127.0.0.1:{{port}}; protocol pop3; proxy_pass pool; }
            """);
        await MetricAsync(proxy, "mailproxy_ready 1\n");
        await SessionAsync(port);
        dns.IsSilent = true;
        await proxy.WaitForLogAsync("could not be resolved; what was known of it stays");
        await SessionAsync(port);
        proxy.Process.Signal(Signals.HangUp);
        await proxy.WaitForLogAsync("could not be resolved; what was known of it stays", times: 3);
        await SessionAsync(port);
        await MetricAsync(proxy, "mailproxy_ready 1\n");
        dns.WithAddress("pool.test", "127.0.0.2", ttl: 1).IsSilent = false;
        await proxy.WaitForLogAsync($"upstream \"pool\" has a new server 127.0.0.2:{upstream.Port}");
        // It is checked, and nobody listens there.
        await proxy.WaitForLogAsync($"upstream server 127.0.0.2:{upstream.Port} of \"pool\" is unhealthy");
        await MetricAsync(proxy, "mailproxy_ready 0\n");
        Assert.Equal(0, await EndsSoonAsync(proxy, Signals.Terminate));
    }

    private static async Task SessionAsync(int port)
    {
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
        client.ShutdownSend();
        await client.ReadToEndAsync();
    }

    private static async Task MetricAsync(ProxyServer proxy, string metric)
    {
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Soon };
        var all = "";
        await Patience.UntilAsync(
            async () => (all = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains(metric, StringComparison.Ordinal), () => $"{metric} in {all}");
    }

    private static Task<int> EndsSoonAsync(ProxyServer proxy, int signal)
    {
        proxy.Process.Signal(signal);
        return proxy.Process.WaitForExitAsync(Soon);
    }
}
