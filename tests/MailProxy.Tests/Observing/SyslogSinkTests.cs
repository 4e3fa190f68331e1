using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Sessions;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Observing;

public sealed class SyslogSinkTests : IDisposable
{
    private readonly LogFolder _folder = new();
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public SyslogSinkTests() => _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    private int Port => ((IPEndPoint)_udp.LocalEndPoint!).Port;

    public void Dispose()
    {
        _udp.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("", 190, "{host} mailproxy: ")]
    [InlineData(",nohostname", 190, "mailproxy: ")]
    [InlineData(",facility=mail,tag=proxy_1", 22, "{host} proxy_1: ")]
    [InlineData(",nohostname,facility=local0,severity=emerg", 134, "mailproxy: ")]
    [InlineData(",nohostname,facility=kern", 6, "mailproxy: ")]
    public async Task A_packet_has_priority_time_host_and_tag_before_the_whole_line(string parameters, int priority, string source)
    {
        using var logs = _folder.Open($"syslog:server=127.0.0.1:{Port}{parameters}");
        SessionLog.LoggedIn(logs.Process);
        Assert.Equal(
            $"<{priority}>Nov 23 17:24:15 {source.Replace("{host}", Dns.GetHostName(), StringComparison.Ordinal)}{LogFolder.Head("info")}client logged in",
            await ReceiveAsync(_udp));
    }

    [Theory]
    [InlineData(LogLevel.Critical, 598, 184)]
    [InlineData(LogLevel.Critical, 595, 185)]
    [InlineData(LogLevel.Critical, 500, 186)]
    [InlineData(LogLevel.Error, 500, 187)]
    [InlineData(LogLevel.Warning, 500, 188)]
    [InlineData(LogLevel.Information, 590, 189)]
    [InlineData(LogLevel.Debug, 500, 191)]
    public async Task Each_line_has_the_severity_of_its_level(LogLevel level, int id, int priority)
    {
        using var logs = _folder.Open($"syslog:server=localhost:{Port}");
        logs.Process.Log(level, id, "text", null, static (text, _) => text);
        Assert.StartsWith($"<{priority}>", await ReceiveAsync(_udp), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_below_ten_is_padded()
    {
        _folder.Time.SetUtcNow(new DateTimeOffset(2026, 12, 1, 8, 0, 0, TimeSpan.Zero));
        using var logs = _folder.Open($"syslog:server=127.0.0.1:{Port}");
        SessionLog.LoggedIn(logs.Process);
        Assert.StartsWith("<190>Dec  1 09:00:00 ", await ReceiveAsync(_udp), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_longest_line_fits_whole()
    {
        using var logs = _folder.Open($"syslog:server=127.0.0.1:{Port},nohostname");
        SessionLog.LoginFailed(logs.Process, new string('x', 5000));
        Assert.Equal("<190>Nov 23 17:24:15 mailproxy: ".Length + ErrorLogLine.MaxLength - 1, (await ReceiveAsync(_udp)).Length);
    }

    [Fact]
    public async Task A_unix_socket_takes_packets_and_a_server_that_is_away_is_said_once_until_it_is_back()
    {
        using var logs = _folder.Open(new MailProxyOptions
        {
            ErrorLog = [LogFolder.Log($"syslog:server=unix:{_folder["dev-log"]}"), LogFolder.Log(_folder["log"], ErrorLogLevel.Warn)],
        });
        SessionLog.LoggedIn(logs.Process);
        _folder.Time.Advance(TimeSpan.FromSeconds(2));
        SessionLog.LoggedIn(logs.Process);

        using (var server = Bind("dev-log"))
        {
            // Not asked again within a second.
            SessionLog.LoggedIn(logs.Process);
            _folder.Time.Advance(TimeSpan.FromSeconds(2));
            SessionLog.SessionDone(logs.Process);
            Assert.EndsWith("proxied session done", await ReceiveAsync(server), StringComparison.Ordinal);
        }

        File.Delete(_folder["dev-log"]);
        SessionLog.LoggedIn(logs.Process);
        _folder.Time.Advance(TimeSpan.FromSeconds(2));
        SessionLog.LoggedIn(logs.Process);

        var said = _folder.Read("log").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, said.Length);
        var name = $"\"syslog:server=unix:{_folder["dev-log"]}\"";
        Assert.Equal($"{LogFolder.Head("alert")}send() to {name} failed (2: No such file or directory), its lines are dropped", said[0]);
        Assert.EndsWith($"send() to {name} failed (111: Connection refused), its lines are dropped", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_read_blocks_nobody()
    {
        using var server = Bind("dev-log");
        using var logs = _folder.Open(new MailProxyOptions
        {
            ErrorLog = [LogFolder.Log($"syslog:server=unix:{_folder["dev-log"]}"), LogFolder.Log(_folder["log"], ErrorLogLevel.Warn)],
        });
        for (var i = 0; i < 10_000; i++) SessionLog.LoggedIn(logs.Process);
        Assert.Contains("Resource temporarily unavailable), its lines are dropped\n", _folder.Read("log"), StringComparison.Ordinal);
        Assert.EndsWith("client logged in", await ReceiveAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_servers_that_are_away_do_not_report_each_other_for_ever()
    {
        using var logs = _folder.Open(new MailProxyOptions
        {
            ErrorLog = [LogFolder.Log($"syslog:server=unix:{_folder["a"]}"), LogFolder.Log($"syslog:server=unix:{_folder["b"]}"), LogFolder.Log(_folder["log"], ErrorLogLevel.Warn)],
        });
        SessionLog.LoggedIn(logs.Process);
        Assert.Equal(2, _folder.Read("log").Count(c => c == '\n'));
    }

    private Socket Bind(string name)
    {
        var server = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(_folder[name]));
        return server;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, deadline.Token));
    }
}
