using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.Testing;

namespace MailProxy.FunctionalTests.Stress;

/// <summary>
/// Everything at once: logins by all protocols, plain and over TLS, reloads with renewed certificates, mail, name and auth servers
/// that stall, die and come back, and floods. <c>MAILPROXY_SOAK</c> says for how many seconds (20 by default; 1800 by hand).
/// </summary>
[Trait("Beyond", "nginx")]
public sealed partial class SoakTests : IAsyncLifetime
{
    private const int Clients = 6;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("MAILPROXY_SOAK") ?? "20", CultureInfo.InvariantCulture));

    private readonly ITestOutputHelper _output;
    private readonly TempDirectory _directory = new("soak");
    private readonly ConcurrentQueue<string> _lost = new();
    private readonly ConcurrentDictionary<string, int> _outcomes = new();
    private readonly CancellationTokenSource _over = new();
    private readonly ChaosServer[] _imap = [.. Enumerable.Range(11, 3).Select(last => new ChaosServer("imap", IPAddress.Parse($"127.0.0.{last}")))];
    private readonly ChaosServer _pop3 = new("pop3", IPAddress.Loopback);
    private readonly ChaosServer _smtp = new("smtp", IPAddress.Loopback);
    private readonly UdpDnsServer _dns = new();
    private readonly AuthHttpServer _auth;
    private readonly (string Protocol, bool IsTls, int Port)[] _fronts =
    [
        ("imap", false, FreePort.Take()), ("imap", true, FreePort.Take()),
        ("pop3", false, FreePort.Take()), ("pop3", true, FreePort.Take()),
        ("smtp", false, FreePort.Take()), ("smtp", true, FreePort.Take()),
    ];

    private ProxyServer _proxy = null!;
    private volatile ChaosMode _authMode;

    public SoakTests(ITestOutputHelper output)
    {
        _output = output;
        TestCertificates.WriteTo(_directory.Path);
        _auth = AuthHttpServer.Running(AnswerLoginAsync);
        Resolve();
    }

    public async ValueTask InitializeAsync() => _proxy = await ProxyServer.StartAsync($$"""
        auth_http {{_auth.Url}};
        auth_http_timeout 2s;
        resolver {{_dns.EndPoint}} valid=1s;
        timeout 6s;
        proxy_timeout 6s;
        proxy_connect_timeout 1s;
        max_errors 100000;
        xclient off;
        smtp_auth plain;
        proxy_smtp_auth on;
        {{(MailProxyServer.IsManaged ? "" : "ssl_session_cache builtin:1000 shared:soak:1m;")}}
        {{TestCertificates.Directives(_directory.Path)}}
        upstream pool {
            {{string.Join('\n', _imap.Select((server, index) => $"server imap{index}.test:{server.Port} resolve fail_timeout=1s;"))}}
            health_check interval=500ms timeout=1s;
        }
        {{string.Join('\n', _fronts.Select(front => $"server {{ listen 127.0.0.1:{front.Port} backlog=4096 {(front.IsTls ? "ssl" : "")}; protocol {front.Protocol}; {Upstream(front)} }}"))}}
        """);

    [Fact]
    public async Task No_login_is_lost_and_all_is_given_back()
    {
        foreach (var front in _fronts) Assert.Equal("ok", await LogInAsync(front));
        await Patience.UntilAsync(async () => await MetricAsync("mailproxy_sessions_active") == 0, () => "the first sessions' end");
        var sockets = _proxy.Process.Sockets;
        var clock = Stopwatch.StartNew();

        Task[] all =
        [
            .. Enumerable.Range(0, Clients).Select(client => RepeatAsync(() => TryLoginAsync(_fronts[Random.Shared.Next(_fronts.Length)]), TimeSpan.Zero)),
            RepeatAsync(ReloadAsync, TimeSpan.FromSeconds(2)),
            RepeatAsync(BreakSomethingAsync, TimeSpan.FromSeconds(1)),
            RepeatAsync(FloodAsync, TimeSpan.Zero),
            RepeatAsync(FloodAsync, TimeSpan.Zero),
            RepeatAsync(StareAsync, TimeSpan.FromMilliseconds(50)),
        ];
        await Task.Delay(Duration / 4, TimeProvider.System);
        var warm = _proxy.Process.ResidentBytes;
        await Task.Delay(Duration - (Duration / 4), TimeProvider.System);
        await _over.CancelAsync();
        await Task.WhenAll(all).WithinAsync("the end of all loads", TimeSpan.FromSeconds(60));

        Mend();
        await Patience.UntilAsync(
            async () => await MetricAsync("mailproxy_sessions_active") == 0 && await MetricAsync("mailproxy_worker_connections") == 0,
            () => $"all sessions to be given back", TimeSpan.FromSeconds(30));
        // Health checks and the HTTP side have a few of their own that come and go.
        await Patience.UntilAsync(() => _proxy.Process.Sockets <= sockets + 4, () => $"{_proxy.Process.Sockets} sockets to become {sockets} again:\n{string.Join('\n', _proxy.Process.Descriptors)}");
        foreach (var front in _fronts) await Patience.UntilAsync(async () => await LogInAsync(front) == "ok", () => $"a login by {front}");
        var cold = _proxy.Process.ResidentBytes;
        _output.WriteLine($"{clock.Elapsed}: {string.Join(", ", _outcomes.OrderBy(outcome => outcome.Key).Select(outcome => $"{outcome.Value} {outcome.Key}"))}; " +
            $"{warm >> 20} MiB after a quarter, {cold >> 20} MiB at the end; {sockets} sockets before, {_proxy.Process.Sockets} after; {await MetricAsync("mailproxy_config_reloads_total")} reloads; " +
            $"stalls {await MetricAsync("mailproxy_loop_stalls_total")}, longest {await MetricAsync("mailproxy_loop_stall_longest_seconds")} s");
        Assert.True(_lost.IsEmpty, string.Join("\n", _lost));
        Assert.False(_proxy.Process.HasExited);
        Assert.InRange(cold, 0, (warm * 3 / 2) + (64 << 20));
        Assert.DoesNotContain("[crit]", _proxy.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("[alert]", _proxy.Log, StringComparison.Ordinal);
        Assert.Equal(0, await MetricAsync("mailproxy_config_reloads_total{result=\"failed\"}"));
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _auth.DisposeAsync();
        await _dns.DisposeAsync();
        foreach (var server in _imap.Append(_pop3).Append(_smtp)) await server.DisposeAsync();
        _over.Dispose();
        _directory.Dispose();
    }

    private async Task RepeatAsync(Func<Task> action, TimeSpan pause)
    {
        while (!_over.IsCancellationRequested)
        {
            await action();
            await Task.WhenAny(Task.Delay(pause, TimeProvider.System, _over.Token));
        }
    }

    private string Upstream((string Protocol, bool IsTls, int Port) front) => (front.Protocol, front.IsTls) switch
    {
        ("imap", true) => "proxy_pass pool;",
        ("pop3", true) => $"proxy_pass 127.0.0.1:{_pop3.Port};",
        _ => "",
    };

    private async Task TryLoginAsync((string Protocol, bool IsTls, int Port) front)
    {
        string outcome;
        try
        {
            outcome = await LogInAsync(front);
        }
        catch (Exception exception) when (exception is SocketException or IOException or TimeoutException or InvalidOperationException)
        {
            outcome = exception.GetType().Name + ": " + exception.Message;
        }

        if (outcome is not "ok" && !ComeBack().IsMatch(outcome)) _lost.Enqueue($"{front}: {outcome}");
        _outcomes.AddOrUpdate(outcome is "ok" ? "logged in" : ComeBack().IsMatch(outcome) ? "told to come back" : "lost", 1, (_, count) => count + 1);
    }

    /// <summary>Logs in, has a line sent back and leaves.</summary>
    /// <returns><c>ok</c>, or what the client was told.</returns>
    private static async Task<string> LogInAsync((string Protocol, bool IsTls, int Port) front)
    {
        using var client = await Peer.ConnectAsync(front.Port);
        if (front.IsTls) (await client.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
        await client.ReadLineAsync();
        var plain = Convert.ToBase64String(Encoding.ASCII.GetBytes("\0user\0" + ProxyServer.Secret));
        var answer = front.Protocol switch
        {
            "imap" => await client.AskAsync($"a LOGIN user {ProxyServer.Secret}"),
            "pop3" => await client.AskAsync("USER user") is var user && user.StartsWith("+OK", StringComparison.Ordinal) ? await client.AskAsync($"PASS {ProxyServer.Secret}") : user,
            _ => await client.AskAsync("EHLO client.test") is var hello && hello.StartsWith("250", StringComparison.Ordinal) ? await AuthenticateAsync(client, hello, plain) : hello,
        };
        if (!Welcome().IsMatch(answer)) return answer;
        var word = "echo " + RandomNumberGenerator.GetHexString(200);
        // A server that stalls now is a session that is over: the login itself has arrived.
        return await client.AskAsync(word) is var echo && (echo == word || echo.Length == 0) ? "ok" : $"in place of an echo: {echo}";
    }

    private static async Task<string> AuthenticateAsync(Peer client, string hello, string plain)
    {
        while (hello.StartsWith("250-", StringComparison.Ordinal)) hello = (await client.ReadLineAsync()).TrimEnd();
        return await client.AskAsync("AUTH PLAIN " + plain);
    }

    private Task ReloadAsync()
    {
        TestCertificates.Renew(_directory.Path);
        _proxy.Process.Signal(Signals.HangUp);
        return Task.CompletedTask;
    }

    /// <summary>Something stalls or dies; now and then all is well again.</summary>
    private Task BreakSomethingAsync()
    {
        var mode = (ChaosMode)Random.Shared.Next(1, 6);
        switch (Random.Shared.Next(8))
        {
            case 0: _authMode = mode; break;
            case 1: _pop3.Mode = mode; break;
            case 2: _smtp.Mode = mode; break;
            case 3: _dns.Silent($"imap{Random.Shared.Next(3)}.test", UdpDnsServer.Address); break;
            case 4: _dns.Failing($"imap{Random.Shared.Next(3)}.test", UdpDnsServer.Address, 2); break;
            case 5: Mend(); break;
            default: _imap[Random.Shared.Next(3)].Mode = mode; break;
        }

        return Task.CompletedTask;
    }

    private void Mend()
    {
        Resolve();
        _authMode = ChaosMode.Good;
        foreach (var server in _imap.Append(_pop3).Append(_smtp)) server.Mode = ChaosMode.Good;
    }

    private void Resolve()
    {
        for (var index = 0; index < _imap.Length; index++) _dns.WithAddress($"imap{index}.test", $"127.0.0.{11 + index}", ttl: 1);
    }

    private Task AnswerLoginAsync(AuthRequest request, Peer peer) => _authMode switch
    {
        ChaosMode.Silent or ChaosMode.StallsInLogin => peer.ReadToEndAsync(),
        ChaosMode.Dead => Task.Run(peer.Reset),
        ChaosMode.Refuses => peer.SendAsync("HTTP/1.0 500 Internal Server Error\r\n\r\n"),
        _ => peer.SendAsync(request["Auth-Protocol"] switch
        {
            "imap" => AuthHttpServer.Accept(_imap[0].Port, "127.0.0.11"),
            "pop3" => AuthHttpServer.Accept(_pop3.Port),
            _ => AuthHttpServer.Accept(_smtp.Port),
        }),
    };

    /// <summary>One of what strangers do: commands without end, random bytes, half a handshake, a connection that is broken at once.</summary>
    private async Task FloodAsync()
    {
        var front = _fronts[Random.Shared.Next(_fronts.Length)];
        try
        {
            using var client = await Peer.ConnectAsync(front.Port);
            switch (Random.Shared.Next(4))
            {
                case 0:
                    var command = front.Protocol == "imap" ? "a NOOP\r\n" : "NOOP\r\n";
                    if (front.IsTls) (await client.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
                    var reading = client.ReadToEndAsync();
                    var flood = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, 2000)));
                    for (var round = 0; round < 20 && !client.Ended; round++) await client.SendAsync(flood);
                    client.ShutdownSend();
                    await reading;
                    break;
                case 1:
                    await client.SendAsync(RandomNumberGenerator.GetBytes(50_000));
                    break;
                case 2:
                    await client.SendAsync(Convert.FromHexString("160301020001000100"));
                    break;
                default:
                    client.Reset();
                    break;
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or TimeoutException or ObjectDisposedException)
        {
            // It was turned away.
        }
    }

    /// <summary>A client that connects and says nothing for as long as it is let.</summary>
    private async Task StareAsync()
    {
        var client = await Peer.ConnectAsync(_fronts[Random.Shared.Next(_fronts.Length)].Port);
        _ = Task.Run(async () =>
        {
            using (client) await client.ReadToEndAsync();
        });
    }

    /// <summary>The sum of a metric's samples that begin so.</summary>
    private async Task<double> MetricAsync(string name)
    {
        using var http = new HttpClient { BaseAddress = _proxy.Http };
        return (await http.GetStringAsync("/metrics")).Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is '{' or ' ')
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(a OK |\+OK|235 )")]
    private static partial Regex Welcome();

    [GeneratedRegex(@"^(\* BYE |a NO \[UNAVAILABLE\] |-ERR \[SYS/TEMP\] |4\d\d )")]
    private static partial Regex ComeBack();
}
