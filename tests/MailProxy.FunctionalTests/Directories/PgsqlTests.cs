using System.Text;
using MailProxy.Authentication;
using MailProxy.FunctionalTests.Servers;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.FunctionalTests.Directories;

/// <summary><c>passdb pgsql</c> against PostgreSQL.</summary>
[Trait("Beyond", "nginx")]
public sealed class PgsqlTests : IAsyncLifetime
{
    private const string Query = "SELECT password, nopassword, host, port, pool AS upstream, login_there AS user, nets AS allow_nets FROM users WHERE login = @user";

    private PostgresServer? _server;

    private PostgresServer Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        await Server.ExecuteAsync("""
            CREATE TABLE users (login text PRIMARY KEY, password text, nopassword boolean NOT NULL DEFAULT false, host inet, port integer, pool text, login_there text, nets text);
            INSERT INTO users VALUES ('alice', '{PLAIN}secret1', false, '10.0.0.5', 2143, NULL, 'al', NULL), ('bob', '{PLAIN}secret2', false, NULL, NULL, 'pool', NULL, '10.0.0.0/8');
            INSERT INTO users (login, password, nopassword) VALUES ('guest', NULL, true), ('locked', NULL, false), ('broken', '{MD4}x', false);
            """);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_operators_query_finds_users_whatever_the_types_of_its_columns()
    {
        await using var passdb = Passdb(Query, upstream: "${protocol}_pool");
        var alice = await passdb.AskAsync("alice", "secret1");
        Assert.Equal((PassdbStatus.Ok, "10.0.0.5:2143", "al"), (alice.Status, alice.Upstream!.ToString(), Encoding.UTF8.GetString(alice.Login!)));
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("alice", "hunter2"));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("' OR true --", "hunter2"));
        Assert.Equal("imap_pool", (await passdb.AskAsync("guest", "anything")).Upstream!.ToString());
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("locked", ""));
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("broken", "hunter2"));
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("bob", "secret2"));
        Assert.Equal("pool", (await passdb.AskAsync("bob", "", AuthMethod.None)).Upstream!.ToString());
        Assert.Null(await passdb.CheckAsync());
    }

    [Fact]
    public async Task The_query_has_protocol_and_client_of_the_types_that_it_needs()
    {
        await using var passdb = Passdb("SELECT '{PLAIN}x' AS password, @protocol || '_pool' AS upstream WHERE @client::inet <<= '192.0.2.0/24' AND @user <> 'nobody'");
        Assert.Equal("imap_pool", (await passdb.AskAsync("alice", "x")).Upstream!.ToString());
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("nobody", "x"));
    }

    [Theory]
    [InlineData("SELECT login FROM users", "the query returns no column \\x22password\\x22")]
    [InlineData("SELECT passwort FROM users", "42703: column \\x22passwort\\x22 does not exist")]
    [InlineData("SELEKT", "42601: syntax error at or near \\x22SELEKT\\x22")]
    [InlineData("SELECT password FROM users WHERE login <> @user", "the query returns more than one row")]
    [InlineData("SELECT '{PLAIN}x' AS password, 'many' AS port", "the user's \"port\" is no port")]
    [InlineData("SELECT password FROM users, pg_sleep(30)", "Timeout", 1)]
    public async Task A_query_that_does_not_answer_is_said_and_is_no_wrong_password(string query, string message, int seconds = 20)
    {
        await using var passdb = Passdb(query, $"Command Timeout={seconds}");
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("zoe", "hunter2"));
        Assert.Contains(message.Replace("no column \\x22password\\x22", "no column \"password\"", StringComparison.Ordinal), passdb.Log, StringComparison.Ordinal);
        Assert.Contains("mailproxy_passdb_requests_total{driver=\"pgsql\",result=\"unavailable\"} 1\n", await passdb.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_said_and_is_no_wrong_password()
    {
        await using var passdb = Passdb(Query, "Database=missing");
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("alice", "secret1"));
        Assert.Contains("3D000: database \\x22missing\\x22 does not exist", passdb.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_database_is_no_wrong_password_and_is_used_again_once_it_is_back()
    {
        await using var passdb = Passdb(Query);
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));

        await Server.StopAsync();
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("alice", "secret1"));
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("alice", "hunter2"));
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("zoe", "hunter2"));
        Assert.Contains("Connection refused", passdb.Log, StringComparison.Ordinal);
        Assert.Contains("Connection refused", await passdb.CheckAsync(), StringComparison.Ordinal);

        await Server.RestartAsync();
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        Assert.Null(await passdb.CheckAsync());
    }

    // The first question of a process on a busy machine may take longer than operators want to wait.
    private AskedPassdb Passdb(string query, string more = "Command Timeout=20", string upstream = "") => new(new PassdbOptions { Driver = "pgsql", Connection = $"{Server.Connection};Timeout=20;{more}", Query = query, Upstream = upstream });
}
