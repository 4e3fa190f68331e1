using System.Net;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Directories;

/// <summary>The program with databases behind it, also where it was published natively.</summary>
[Trait("Beyond", "nginx")]
public sealed class ProgramTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new("directory");
    private readonly HttpClient _http = new();
    private PostgresServer? _postgres;
    private SlapdServer? _slapd;
    private ProxyServer? _proxy;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.StartAsync();
        await _postgres.ExecuteAsync("CREATE TABLE users (login text, password text, port integer); INSERT INTO users VALUES ('pat', '{PLAIN}secret3', 2143)");
        _slapd = await SlapdServer.StartAsync();
        File.WriteAllText(_directory.Combine("dsn"), _postgres.Connection + "\n");
        await using (var user = ChildProcess.Start(MailProxyServer.Program, ["user", "add", "sue", "--db", _directory.Combine("users.db"), "--host=10.0.0.1"], isTalkedTo: true))
        {
            user.Say("secret4");
            Assert.Equal(0, await user.WaitForExitAsync());
        }

        _proxy = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            passdb sqlite {{_directory.Combine("users.db")}};
            passdb ldap {{_slapd.SecureUri}} base=dc=example,dc=org filter=(uid=%u) ca={{_slapd.Certificates.Authority}} host=10.0.0.2;
            passdb pgsql file:{{_directory.Combine("dsn")}} "query=SELECT password, '10.0.0.3' AS host, port FROM users WHERE login = @user";
            server { listen 127.0.0.1:{{FreePort.Take()}}; protocol imap; auth_http internal; }
            """);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, _proxy.Http.Port)), () => "the HTTP side");
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
        if (_slapd is not null) await _slapd.DisposeAsync();
        _http.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Each_driver_answers_and_what_has_stopped_is_never_a_wrong_password()
    {
        Assert.Equal("OK 10.0.0.1:143", await AskAsync("sue", "secret4"));
        Assert.Equal("OK 10.0.0.2:143", await AskAsync("alice", "secret1"));
        Assert.Equal("OK 10.0.0.3:2143", await AskAsync("pat", "secret3"));
        var wrong = await AskAsync("pat", "wrong");
        Assert.Equal(wrong, await AskAsync("alice", "wrong"));
        Assert.Equal(wrong, await AskAsync("nobody", "wrong"));

        await _postgres!.StopAsync();
        Assert.NotEqual(wrong, await AskAsync("pat", "wrong"));
        Assert.Equal("OK 10.0.0.2:143", await AskAsync("alice", "secret1"));
        await _proxy!.WaitForLogAsync("passdb pgsql in");
        await _proxy.WaitForLogAsync("cannot answer: ");
        Assert.DoesNotContain("hunter2", _proxy.Log, StringComparison.Ordinal);
        var metrics = await _http.GetStringAsync(new Uri(_proxy.Http, "metrics"));
        Assert.Contains("mailproxy_passdb_requests_total{driver=\"pgsql\",result=\"unavailable\"} 1\n", metrics, StringComparison.Ordinal);
        await Patience.UntilAsync(async () => (await _http.GetAsync(new Uri(_proxy.Http, "readyz"))).StatusCode == HttpStatusCode.ServiceUnavailable, () => "what /readyz sees within a second");
    }

    /// <returns><c>Auth-Status</c>, and where to.</returns>
    private async Task<string> AskAsync(string user, string password)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_proxy!.Http, "auth"));
        foreach (var (name, value) in new[] { ("Auth-Method", "plain"), ("Auth-User", user), ("Auth-Pass", password), ("Auth-Protocol", "imap"), ("Auth-Login-Attempt", "1"), ("Client-IP", "192.0.2.7") })
            request.Headers.Add(name, value);
        using var answer = await _http.SendAsync(request).WithinAsync("an answer of /auth");
        var text = new StringBuilder(Header("Auth-Status"));
        if (Header("Auth-Server") is { Length: > 0 } server) text.Append(' ').Append(server).Append(':').Append(Header("Auth-Port"));
        return text.ToString();

        string Header(string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : "";
    }
}
