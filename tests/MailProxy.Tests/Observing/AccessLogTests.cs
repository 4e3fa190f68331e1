using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Observing;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;

namespace MailProxy.Tests.Observing;

public sealed class AccessLogTests : IDisposable
{
    private static readonly IPEndPoint Client = new(IPAddress.Parse("192.0.2.7"), 40000);
    private static readonly IPEndPoint Local = new(IPAddress.IPv6Loopback, 993);

    private readonly LogFolder _folder = new();
    private readonly List<LogFormatOptions> _formats = [new() { Name = "own", Format = "$status" }];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_login_is_one_line_of_combined()
    {
        Write(LogIn, new AccessLogOptions { Target = _folder["log"] });
        Assert.Equal(
            "192.0.2.7 - fred@example.org [23/Nov/2026:17:24:20 +0100] \"imap plain ok\" done 1100 250 5.000 \"10.0.0.1:143, [2001:db8::1]:143\" 0.250 1.250\n", _folder.Read("log"));
    }

    [Fact]
    public void A_login_is_one_line_of_json_with_numbers_as_numbers()
    {
        Write(LogIn, new AccessLogOptions { Target = _folder["log"], Format = "json" });
        var line = JsonDocument.Parse(_folder.Read("log").TrimEnd('\n')).RootElement;
        Assert.Equal(Enum.GetValues<LogVariable>().Select(SnakeCase.Of), line.EnumerateObject().Select(property => property.Name));
        Assert.Equal("fred@example.org", line.GetProperty("auth_user").GetString());
        Assert.Equal("2026-11-23T17:24:20+01:00", line.GetProperty("time_iso8601").GetString());
        Assert.Equal(1795451060.000m, line.GetProperty("msec").GetDecimal());
        Assert.Equal((7, 40000, 993), (line.GetProperty("connection").GetInt32(), line.GetProperty("remote_port").GetInt32(), line.GetProperty("server_port").GetInt32()));
        Assert.Equal((1100, 250, 200, 1000), (Bytes("bytes_sent"), Bytes("bytes_received"), Bytes("upstream_bytes_sent"), Bytes("upstream_bytes_received")));
        Assert.Equal(("::1", "TLSv1.3", "AES", "mx.test", "h"), (Text("server_addr"), Text("ssl_protocol"), Text("ssl_cipher"), Text("server_name"), Text("ssl_server_name")));
        Assert.Equal(Environment.ProcessId, line.GetProperty("pid").GetInt32());

        int Bytes(string name) => line.GetProperty(name).GetInt32();
        string? Text(string name) => line.GetProperty(name).GetString();
    }

    [Fact]
    public void What_is_unset_is_a_dash_or_empty_or_null()
    {
        const string format = "<$auth_user> <$upstream_addr> <$upstream_login_time> <$bytes_sent>";
        Write(_ => { }, Own("default", LogEscape.Default, format), Own("js", LogEscape.Json, format), Own("none", LogEscape.None, format), new AccessLogOptions { Target = _folder["whole"], Format = "json" });
        Assert.Equal("<-> <-> <-> <0>\n", _folder.Read("default"));
        Assert.Equal("<> <> <> <0>\n", _folder.Read("js"));
        Assert.Equal("<> <> <> <0>\n", _folder.Read("none"));
        var line = JsonDocument.Parse(_folder.Read("whole").TrimEnd('\n')).RootElement;
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null, JsonValueKind.Null), (line.GetProperty("auth_user").ValueKind, line.GetProperty("upstream_addr").ValueKind, line.GetProperty("upstream_bytes_sent").ValueKind));
    }

    [Fact]
    public void What_a_peer_sends_is_escaped_as_nginx_escapes_it()
    {
        byte[] login = [.. "a\"b\\c\r\n\u0001\u007Fä"u8, 0xFF];
        Write(record => record.AuthBegins("plain", login), Own("default", LogEscape.Default, "$auth_user"), Own("js", LogEscape.Json, "\"$auth_user\""), Own("none", LogEscape.None, "$auth_user"), new AccessLogOptions { Target = _folder["whole"], Format = "json" });
        Assert.Equal("a\\x22b\\x5Cc\\x0D\\x0A\\x01\\x7F\\xC3\\xA4\\xFF\n", _folder.Read("default"));
        Assert.Equal("\"a\\\"b\\\\c\\r\\n\\u0001\u007Fä\uFFFD\"\n", _folder.Read("js"));
        Assert.Equal([.. login, (byte)'\n'], File.ReadAllBytes(_folder["none"]));
        Assert.Equal("a\"b\\c\r\n\u0001\u007Fä\uFFFD", JsonDocument.Parse(_folder.Read("whole").TrimEnd('\n')).RootElement.GetProperty("auth_user").GetString());
    }

    [Fact]
    public void The_last_attempt_counts_and_an_upstream_that_failed_shows()
    {
        Write(
            record =>
            {
                record.AuthBegins("plain", [.. "first"u8]);
                record.AuthEnds(LoginResult.Rejected, []);
                record.AuthBegins("cram-md5", [.. "second"u8]);
                record.AuthEnds(LoginResult.Ok, []);
                record.Dials(new IPEndPoint(IPAddress.Loopback, 143));
                record.UpstreamFails("SocketException");
            },
            Own("log", LogEscape.Default, "$auth_user $auth_method $auth_status $upstream_addr $upstream_connect_time"));
        Assert.Equal("second cram-md5 upstream_failed 127.0.0.1:143 -\n", _folder.Read("log"));
    }

    [Fact]
    public void A_line_longer_than_any_of_the_error_log_is_whole()
    {
        Write(record => record.AuthBegins("plain", [.. Enumerable.Repeat((byte)1, 5000)]), Own("log", LogEscape.Default, "$auth_user"));
        Assert.Equal(string.Concat(Enumerable.Repeat("\\x01", 1024)) + "\n", _folder.Read("log"));
    }

    [Fact]
    public async Task Syslog_gets_the_severity_that_the_target_names()
    {
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Write(_ => { }, new AccessLogOptions { Target = $"syslog:server=127.0.0.1:{((IPEndPoint)udp.LocalEndPoint!).Port},facility=mail,severity=notice,nohostname", Format = "own" });
        var buffer = new byte[9000];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var length = await udp.ReceiveAsync(buffer, SocketFlags.None, deadline.Token);
        Assert.Equal("<21>Nov 23 17:24:15 mailproxy: client_closed", Encoding.UTF8.GetString(buffer, 0, length));
    }

    [Fact]
    public void Off_wins_over_the_other_logs_of_its_level()
    {
        Write(_ => { }, new AccessLogOptions { Target = _folder["log"] }, new AccessLogOptions());
        Assert.False(File.Exists(_folder["log"]));
    }

    [Fact]
    public void A_session_that_nobody_writes_about_has_no_record() =>
        Assert.Null(SessionRecord.Create([], new ServerOptions(), 1, Local, _folder.Time));

    [Fact]
    public void A_log_that_cannot_be_opened_is_named()
    {
        var options = new MailProxyOptions { ErrorLog = [LogFolder.Log(_folder["error"])], Servers = [new ServerOptions { AccessLog = [new AccessLogOptions { Target = _folder["no/log"] }] }] };
        Assert.Equal([$"open() \"{_folder["no/log"]}\" failed (2: No such file or directory)"], Assert.Throws<ErrorLogException>(() => _folder.Open(options)).Errors);
    }

    private void LogIn(SessionRecord record)
    {
        record.Handshaken("TLSv1.3", "AES", "h");
        record.Received(50);
        record.Sent(100);
        record.AuthBegins("plain", [.. "fred"u8]);
        record.AuthEnds(LoginResult.Ok, [.. "fred@example.org"u8]);
        record.Dials(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 143));
        record.UpstreamFails("SocketException");
        record.Dials(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 143));
        _folder.Time.Advance(TimeSpan.FromMilliseconds(250));
        record.Connected(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 143));
        _folder.Time.Advance(TimeSpan.FromSeconds(1));
        record.LoggedIn();
        record.RelayBegins();
        _folder.Time.Advance(TimeSpan.FromMilliseconds(3750));
        record.RelayEnds(200, 1000);
    }

    private AccessLogOptions Own(string file, LogEscape escape, string format)
    {
        _formats.Add(new LogFormatOptions { Name = file, Escape = escape, Format = format });
        return new AccessLogOptions { Target = _folder[file], Format = file };
    }

    /// <summary>Plays a session to logs, and closes them.</summary>
    private void Write(Action<SessionRecord> session, params AccessLogOptions[] logs)
    {
        var server = new ServerOptions { Protocol = "imap", ServerName = "mx.test", AccessLog = logs, LogFormats = _formats };
        using var set = _folder.Open(new MailProxyOptions { ErrorLog = [LogFolder.Log(_folder["error"])], Servers = [server] });
        if (SessionRecord.Create(set.AccessOf(server), server, 7, Local, _folder.Time) is not { } record) return;
        session(record);
        record.Ends(Client, record.UpstreamBytesSent is null ? SessionEndReason.ClientClosed : SessionEndReason.Done);
    }
}
