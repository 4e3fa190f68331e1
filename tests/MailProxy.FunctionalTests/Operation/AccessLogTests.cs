using System.Text.Json;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>The line that a session leaves in each access log.</summary>
[Trait("Beyond", "nginx")]
public sealed class AccessLogTests(MailServers servers) : IDisposable
{
    private readonly TempDirectory _directory = new("access");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_login_at_a_real_server_is_one_line_in_each_log()
    {
        await using var front = await MailFront.StartAsync(servers, $"access_log {_directory.Combine("json")} json; access_log {_directory.Combine("combined")}; access_log stdout json;");
        var user = MailFront.NewUser();
        var (sent, received) = await LogInAsync(await Peer.ConnectAsync(front.Imap), user);

        var line = await LineAsync("json");
        Assert.Equal(("imap", "done", user, "plain", "ok"), (Text(line, "protocol"), Text(line, "status"), Text(line, "auth_user"), Text(line, "auth_method"), Text(line, "auth_status")));
        Assert.Equal(("127.0.0.1", "127.0.0.1", front.Imap, "mx.test"), (Text(line, "remote_addr"), Text(line, "server_addr"), Number(line, "server_port"), Text(line, "server_name")));
        Assert.Equal($"127.0.0.1:{(await servers.DovecotAsync()).Imap}", Text(line, "upstream_addr"));
        Assert.Equal((received, sent), (Number(line, "bytes_sent"), Number(line, "bytes_received")));
        Assert.Equal("b LOGOUT\r\n".Length, Number(line, "upstream_bytes_sent"));
        Assert.Equal(front.Proxy.Process.Id, Number(line, "pid"));
        Assert.InRange(line.GetProperty("upstream_login_time").GetDouble(), line.GetProperty("upstream_connect_time").GetDouble(), line.GetProperty("session_time").GetDouble());

        // Each log is written by a task of its own, and sessions that end in the same moment may stand in another order there.
        bool IsOfUser(string line) => line.Contains(user, StringComparison.Ordinal);
        await Patience.UntilAsync(() => IsOfUser(front.Proxy.Process.Output) && Lines("combined").Any(IsOfUser), () => "the lines of the other logs");
        Assert.Equal(Assert.Single(Lines("json"), IsOfUser), Assert.Single(front.Proxy.Process.Output.Split('\n'), IsOfUser));
        Assert.Matches($"^127\\.0\\.0\\.1 - {user} \\[[^]]+\\] \"imap plain ok\" done {received} {sent} \\d+\\.\\d{{3}} \"127\\.0\\.0\\.1:\\d+\" \\d+\\.\\d{{3}} \\d+\\.\\d{{3}}$", Assert.Single(Lines("combined"), IsOfUser));
    }

    [Fact]
    public async Task Tls_shows_and_its_bytes_are_those_within()
    {
        TestCertificates.WriteTo(_directory.Path);
        await using var front = await MailFront.StartAsync(servers, $"{TestCertificates.Directives(_directory.Path)} access_log {_directory.Combine("log")} json;", "ssl");
        var peer = await Peer.ConnectAsync(front.Imap);
        (await peer.BeginTlsAsync(TestCertificates.ClientOptions())).Dispose();
        var (sent, received) = await LogInAsync(peer, MailFront.NewUser());

        var line = await LineAsync("log");
        Assert.Equal(("TLSv1.2", TestCertificates.ServerName), (Text(line, "ssl_protocol"), Text(line, "ssl_server_name")));
        Assert.StartsWith("ECDHE-", Text(line, "ssl_cipher"), StringComparison.Ordinal);
        Assert.Equal((received, sent), (Number(line, "bytes_sent"), Number(line, "bytes_received")));
    }

    [Fact]
    public async Task A_login_that_fails_is_a_line_too_and_USR1_opens_the_log_again()
    {
        await using var auth = AuthHttpServer.Answering(_ => AuthHttpServer.Answer("Auth-Status: no"));
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}}; log_format own '$status $auth_status "$auth_user" [$upstream_addr] $bytes_sent $bytes_received';
            server { listen 127.0.0.1:{{port}}; protocol pop3; access_log {{_directory.Combine("log")}} own; }
            """);
        await RefuseAsync(port, "evil\"user");
        await Patience.UntilAsync(() => Lines("log").Any(line => line.StartsWith("auth_rejected", StringComparison.Ordinal)), () => "a line");
        Assert.Contains("auth_rejected rejected \"evil\\x22user\" [-] 30 24", Lines("log"));

        Assert.Contains(_directory.Combine("log"), proxy.Process.Descriptors);
        File.Move(_directory.Combine("log"), _directory.Combine("log.1"));
        proxy.Process.Signal(Signals.User1);
        // The new file is there before it takes the old one's place, whose descriptor is then closed.
        await Patience.UntilAsync(() => File.Exists(_directory.Combine("log")) && !proxy.Process.Descriptors.Contains(_directory.Combine("log.1")), () => "a new file");
        await RefuseAsync(port, "other");
        await Patience.UntilAsync(() => Lines("log").Length > 0, () => "a line in the new file");
        Assert.Equal("auth_rejected rejected \"other\" [-] 30 20", Assert.Single(Lines("log")));
    }

    private static async Task<(int Sent, int Received)> LogInAsync(Peer client, string user)
    {
        using (client)
        {
            var login = $"a LOGIN {user} {ProxyServer.Secret}";
            Assert.StartsWith("* OK", await client.ReadLineAsync(), StringComparison.Ordinal);
            Assert.StartsWith("a OK", await client.AskAsync(login), StringComparison.Ordinal);
            await client.SendAsync("b LOGOUT\r\n");
            await client.ReadToEndAsync();
            return (login.Length + "\r\nb LOGOUT\r\n".Length, client.Received.Length);
        }
    }

    private static async Task RefuseAsync(int port, string user)
    {
        using var client = await Peer.ConnectAsync(port);
        await client.ReadLineAsync();
        await client.AskAsync($"USER {user}");
        Assert.Equal("-ERR no", await client.AskAsync("PASS p"));
        await client.ReadToEndAsync();
    }

    /// <summary>The line of the only session that logged in.</summary>
    private async Task<JsonElement> LineAsync(string file)
    {
        await Patience.UntilAsync(() => Lines(file).Any(line => line.Contains("\"done\"", StringComparison.Ordinal)), () => $"a line in {file}");
        return JsonDocument.Parse(Lines(file).Single(line => line.Contains("\"done\"", StringComparison.Ordinal))).RootElement;
    }

    private string[] Lines(string file) => File.Exists(_directory.Combine(file)) ? File.ReadAllLines(_directory.Combine(file)) : [];

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();

    private static int Number(JsonElement line, string name) => line.GetProperty(name).GetInt32();
}
