using System.Diagnostics;
using System.Globalization;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>What is asked and told by datagrams is a program that is stopped (SIGSTOP): nobody waits for it longer than he may, and health and metrics not at all.</summary>
[Trait("Beyond", "nginx")]
public sealed class StoppedDatagramTests
{
    /// <summary>Answers 127.0.0.1 to A for a second, client.test to PTR for no time at all, and nothing to all else.</summary>
    private const string NameServer = """
        use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0); bind($s, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die; $| = 1; print "ready\n";
        while (defined(my $from = recv($s, my $m, 4096, 0))) {
            my $end = index($m, "\0", 12); my $type = unpack("n", substr($m, $end + 1, 2));
            my $data = $type == 1 ? "\x7f\0\0\1" : $type == 12 ? "\6client\4test\0" : "";
            my $answer = $data eq "" ? "" : "\xc0\x0c" . pack("nnNn", $type, 1, $type == 1, length $data) . $data;
            send($s, substr($m, 0, 2) . "\x81\x80" . pack("nnnn", 1, $data eq "" ? 0 : 1, 0, 0) . substr($m, 12, $end - 7) . $answer, 0, $from);
        }
        """;

    private const string Syslog = """
        use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0); bind($s, pack_sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die; $| = 1; print "ready\n";
        while (defined recv($s, my $m, 4096, 0)) { print "$m\n" }
        """;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_name_server_keeps_a_client_for_resolver_timeout_and_a_group_not_at_all()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var (dnsPort, pop3, smtp) = (FreePort.Take(), FreePort.Take(), FreePort.Take());
        await using var dns = await StartAsync(NameServer, dnsPort);
        await using var proxy = await ProxyServer.StartAsync($$"""
            resolver 127.0.0.1:{{dnsPort}} ipv6=off; resolver_timeout 2s;
            upstream pool { server pool.test:{{upstream.Port}} resolve; }
            server { listen 127.0.0.1:{{pop3}}; protocol pop3; proxy_pass pool; }
            server { listen 127.0.0.1:{{smtp}}; protocol smtp; smtp_auth plain; auth_http {{auth.Url}}; }
            """);
        await SessionAsync(pop3);

        dns.Freeze();
        var began = Stopwatch.GetTimestamp();
        using var client = await Peer.ConnectAsync(smtp);
        await HealthAsync(proxy);
        await SessionAsync(pop3);                       // what was known of it has to do
        Assert.StartsWith("220 ", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(1.9), Soon);
        await client.AskAsync("EHLO c");
        await proxy.WaitForLogAsync("110: Operation timed out");

        dns.Thaw();
        using var after = await Peer.ConnectAsync(smtp);
        Assert.StartsWith("220 ", await after.ReadLineAsync(), StringComparison.Ordinal);
        await SessionAsync(pop3);
        await HealthAsync(proxy);
        proxy.Process.Signal(Signals.Terminate);
        Assert.Equal(0, await proxy.Process.WaitForExitAsync(Soon));
    }

    [Fact]
    public async Task A_syslog_server_of_datagrams_holds_up_nobody_and_hears_of_those_after_it()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var (syslogPort, port) = (FreePort.Take(), FreePort.Take());
        await using var syslog = await StartAsync(Syslog, syslogPort);
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}}; access_log syslog:server=127.0.0.1:{{syslogPort}},nohostname json;
            server { listen 127.0.0.1:{{port}}; protocol pop3; error_log syslog:server=127.0.0.1:{{syslogPort}},nohostname info; }
            """);
        await SessionAsync(port);
        await Patience.UntilAsync(() => syslog.Output.Contains("\"status\":\"done\"", StringComparison.Ordinal), () => "a line");

        syslog.Freeze();
        for (var i = 0; i < 200; i++) await SessionAsync(port);
        await HealthAsync(proxy);
        syslog.Thaw();
        // Its socket may have been full when the last line came.
        await Patience.UntilAsync(async () => { await SessionAsync(port); return syslog.Output.Split("\"status\":\"done\"").Length > 200; }, () => "the lines of those after it");
        syslog.Freeze();
        proxy.Process.Signal(Signals.Terminate);
        Assert.Equal(0, await proxy.Process.WaitForExitAsync(Soon));
        syslog.Thaw();
    }

    private static async Task<ChildProcess> StartAsync(string program, int port)
    {
        var process = ChildProcess.Start("perl", ["-e", program, port.ToString(CultureInfo.InvariantCulture)]);
        await Patience.UntilAsync(() => process.Output.Contains("ready", StringComparison.Ordinal), () => $"the server, which said {process.Error}");
        return process;
    }

    private static async Task SessionAsync(int port)
    {
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
        client.ShutdownSend();
        await client.ReadToEndAsync();
    }

    /// <summary>Both answer, and neither waits for a server.</summary>
    private static async Task HealthAsync(ProxyServer proxy)
    {
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Soon };
        foreach (var path in new[] { "/readyz", "/metrics" })
        {
            var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
        }
    }
}
