using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.FunctionalTests.Directories;

/// <summary>A database and an LDAP server that take connections and say nothing (SIGSTOP): a login waits for five seconds, and whoever asks for health or metrics not at all.</summary>
[Trait("Beyond", "nginx")]
public sealed class FrozenServerTests : IAsyncLifetime
{
    /// <summary>The documented five seconds, and what a busy machine adds.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(7.5);

    /// <summary>Less than anything that waits for a server takes, on a busy machine too.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(4);

    private PostgresServer? _postgres;
    private SlapdServer? _slapd;

    private PostgresServer Postgres => _postgres!;

    private SlapdServer Slapd => _slapd!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.StartAsync();
        await Postgres.ExecuteAsync("CREATE TABLE users (login text, password text); INSERT INTO users VALUES ('pat', '{PLAIN}secret3')");
        _slapd = await SlapdServer.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
        if (_slapd is not null) await _slapd.DisposeAsync();
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_frozen_database_is_unavailable_in_time(bool hasConnection)
    {
        await using var passdb = new AskedPassdb(Pgsql());
        if (hasConnection) Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("pat", "secret3"));
        Postgres.Freeze();
        await ExpectUnavailableAsync(passdb, "pat");
        Postgres.Thaw();
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("pat", "secret3"));
    }

    [Fact]
    public async Task A_locked_table_is_unavailable_in_time_and_leaves_nobody_waiting_there()
    {
        await using var passdb = new AskedPassdb(Pgsql());
        var port = System.FormattableString.Invariant($"{Postgres.Port}");
        await using var locking = ChildProcess.Start("psql", ["-h", "127.0.0.1", "-p", port, "-U", "postgres", "-q", "-c", "BEGIN; LOCK TABLE users; SELECT pg_sleep(60)"]);
        await Patience.UntilAsync(async () => await CountAsync("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'users'::regclass") == 1, () => "the lock");
        await ExpectUnavailableAsync(passdb, "pat");
        await Patience.UntilAsync(async () => await CountAsync("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0, () => "the end of the query that nobody waits for");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_frozen_ldap_server_is_unavailable_in_time(bool hasConnection)
    {
        await using var passdb = new AskedPassdb(Ldap());
        if (hasConnection) Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        Slapd.Freeze();
        await ExpectUnavailableAsync(passdb, "alice");
        Slapd.Thaw();
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
    }

    [Fact]
    public async Task Health_and_metrics_wait_for_neither_and_the_log_says_each_change_once()
    {
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer(), $$"""
            passdb ldap {{Slapd.Uri}} base=dc=example,dc=org filter=(uid=%u) host=10.0.0.2;
            passdb pgsql "{{Postgres.Connection}}" "query=SELECT password, '10.0.0.3' AS host FROM users WHERE login = @user";
            server { listen 127.0.0.1:{{FreePort.Take()}}; protocol imap; auth_http internal; }
            """);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, proxy.Http.Port)), () => "the HTTP side");
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        await UntilReadyAsync(http, HttpStatusCode.OK);

        Postgres.Freeze();
        Slapd.Freeze();
        var login = LogInAsync(http);
        while (!login.IsCompleted) await ScrapeAsync(http);
        await UntilReadyAsync(http, HttpStatusCode.ServiceUnavailable);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => http.GetStringAsync(new Uri("livez", UriKind.Relative))).Concat(Enumerable.Range(0, 100).Select(_ => ReadyAsync(http))));
        Assert.Contains("mailproxy_ready 0\n", await http.GetStringAsync(new Uri("metrics", UriKind.Relative)), StringComparison.Ordinal);
        await proxy.WaitForLogAsync("passdb pgsql: no answer within 5 s");
        Assert.True(await login < Most, $"{await login}");

        Postgres.Thaw();
        Slapd.Thaw();
        await UntilReadyAsync(http, HttpStatusCode.OK);
        await proxy.WaitForLogAsync("passdb ldap in");
        Assert.Equal(2, proxy.Log.Split('\n').Count(line => line.Contains("cannot be asked", StringComparison.Ordinal)));
        Assert.DoesNotContain("ealth check", proxy.Log, StringComparison.Ordinal);
    }

    private static async Task ExpectUnavailableAsync(AskedPassdb passdb, string login)
    {
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync(login, "hunter2"));
        var took = TimeProvider.System.GetElapsedTime(began);
        Assert.True(took < Most, $"{took}");
    }

    private static async Task ScrapeAsync(HttpClient http)
    {
        foreach (var path in new[] { "readyz", "metrics" })
        {
            var began = TimeProvider.System.GetTimestamp();
            (await http.GetAsync(new Uri(path, UriKind.Relative))).Dispose();
            var took = TimeProvider.System.GetElapsedTime(began);
            Assert.True(took < AtOnce, $"{path} took {took}");
        }
    }

    private static Task UntilReadyAsync(HttpClient http, HttpStatusCode status) => Patience.UntilAsync(async () => await ReadyAsync(http) == $"{status}", () => $"{status} of /readyz");

    private static async Task<string> ReadyAsync(HttpClient http)
    {
        using var response = await http.GetAsync(new Uri("readyz", UriKind.Relative));
        return $"{response.StatusCode}";
    }

    private static async Task<TimeSpan> LogInAsync(HttpClient http)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("auth", UriKind.Relative));
        foreach (var (name, value) in new[] { ("Auth-Method", "plain"), ("Auth-User", "pat"), ("Auth-Pass", "hunter2"), ("Auth-Protocol", "imap") }) request.Headers.Add(name, value);
        var began = TimeProvider.System.GetTimestamp();
        using var response = await http.SendAsync(request);
        Assert.StartsWith("[UNAVAILABLE]", response.Headers.GetValues("Auth-Status").Single(), StringComparison.Ordinal);
        return TimeProvider.System.GetElapsedTime(began);
    }

    private async Task<int> CountAsync(string sql) => int.Parse(
        (await ChildProcess.RunAsync("psql", "-h", "127.0.0.1", "-p", System.FormattableString.Invariant($"{Postgres.Port}"), "-U", "postgres", "-tA", "-c", sql)).Succeeded, System.Globalization.CultureInfo.InvariantCulture);

    private PassdbOptions Pgsql() => new() { Driver = "pgsql", Connection = Postgres.Connection, Query = "SELECT password FROM users WHERE login = @user" };

    private PassdbOptions Ldap() => new() { Driver = "ldap", Uri = Slapd.Uri, Base = "dc=example,dc=org", Filter = "(uid=%u)" };
}
