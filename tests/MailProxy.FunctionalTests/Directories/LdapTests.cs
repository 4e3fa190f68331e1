using System.Globalization;
using System.Text;
using MailProxy.Authentication;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.FunctionalTests.Directories;

/// <summary><c>passdb ldap</c> against OpenLDAP.</summary>
[Trait("Beyond", "nginx")]
public sealed class LdapTests : IAsyncLifetime
{
    private SlapdServer? _server;

    private SlapdServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await SlapdServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_user_is_searched_as_nobody_and_binds()
    {
        await using var passdb = new AskedPassdb(Search());
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("o,neil", "secret2"));
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("alice", "hunter2"));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("zoe", "hunter2"));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("*", "secret1"));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("alice)(uid=*", "secret1"));
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "", AuthMethod.External));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("zoe", "", AuthMethod.None));
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("alice", "00", AuthMethod.CramMd5));
        Assert.Contains("user \"alice\" cannot log in by cram-md5", passdb.Log, StringComparison.Ordinal);
        Assert.Null(await passdb.CheckAsync());
    }

    [Fact]
    public async Task An_empty_password_is_never_sent_since_a_server_would_say_yes()
    {
        await using var searched = new AskedPassdb(Search());
        await using var named = new AskedPassdb(new PassdbOptions { Driver = "ldap", Uri = Server.Uri, Dn = "uid=%u,ou=people,dc=example,dc=org" });
        Assert.Equal(PassdbStatus.WrongPassword, await searched.StatusAsync("alice", ""));
        Assert.Equal(PassdbStatus.WrongPassword, await named.StatusAsync("alice", ""));
    }

    [Fact]
    public async Task Who_does_not_exist_is_bound_as_nobody_so_that_a_refusal_takes_the_same()
    {
        await using var passdb = new AskedPassdb(Search());
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("alice", "hunter2"));
        await Patience.UntilAsync(() => Server.BindsAs("dn=\"uid=alice,") == 1, () => "alice's bind");
        Assert.Equal(0, Server.BindsAs("cn=mailproxy-"));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("zoe", "hunter2"));
        await Patience.UntilAsync(() => Server.BindsAs("cn=mailproxy-") == 1, () => "nobody's bind");
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("zoe", ""));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("zoe", "", AuthMethod.External));
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        await Patience.UntilAsync(() => Server.BindsAs("dn=\"uid=alice,") == 2, () => "alice's second bind");
        Assert.Equal(1, Server.BindsAs("cn=mailproxy-"));
    }

    [Fact]
    public async Task A_server_that_hashes_slowly_does_not_tell_who_exists_either()
    {
        await using var passdb = new AskedPassdb(Search());
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("slow", "secret3"));
        var known = await TimeOfRefusalAsync(passdb, "slow", PassdbStatus.WrongPassword);
        var unknown = await TimeOfRefusalAsync(passdb, "zoe", PassdbStatus.UnknownUser);
        Assert.True(unknown > known * 0.7, $"{unknown} for nobody, {known} for a user");
    }

    private static async Task<TimeSpan> TimeOfRefusalAsync(AskedPassdb passdb, string login, PassdbStatus expected)
    {
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(expected, await passdb.StatusAsync(login, "hunter2"));
        return TimeProvider.System.GetElapsedTime(began);
    }

    [Fact]
    public async Task Attributes_say_where_the_mail_is()
    {
        var options = Search();
        (options.BindDn, options.BindPassword) = (SlapdServer.AdminDn, "hunter2");
        (options.UpstreamAttr, options.HostAttr, options.PortAttr, options.UserAttr) = ("departmentNumber", "roomNumber", "carLicense", "employeeNumber");
        await using var passdb = new AskedPassdb(options);
        var alice = await passdb.AskAsync("alice", "secret1");
        Assert.Equal((PassdbStatus.Ok, "alices_pool", "al"), (alice.Status, alice.Upstream!.ToString(), Encoding.UTF8.GetString(alice.Login!)));
        Assert.Equal("10.0.0.5:2143", (await passdb.AskAsync("o,neil", "secret2")).Upstream!.ToString());
    }

    [Fact]
    public async Task A_name_needs_no_search()
    {
        await using var passdb = new AskedPassdb(new PassdbOptions { Driver = "ldap", Uri = Server.Uri, Dn = "uid=%n,ou=people,dc=example,dc=org", UpstreamAttr = "departmentNumber", Upstream = "pool" });
        Assert.Equal("alices_pool", (await passdb.AskAsync("alice@example.org", "secret1")).Upstream!.ToString());
        Assert.Equal("pool", (await passdb.AskAsync("o,neil", "secret2")).Upstream!.ToString());
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("alice,ou=people", "secret1"));
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "", AuthMethod.External));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("zoe", "", AuthMethod.External));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_servers_certificate_must_be_good(bool isStarttls)
    {
        await using (var good = new AskedPassdb(Secure(isStarttls, Server.Certificates.Authority)))
            Assert.Equal(PassdbStatus.Ok, await good.StatusAsync("alice", "secret1"));

        foreach (var authority in new[] { Server.Certificates["self.test.pem"], "" })
        {
            await using var stranger = new AskedPassdb(Secure(isStarttls, authority));
            Assert.Equal(PassdbStatus.Unavailable, await stranger.StatusAsync("alice", "secret1"));
            Assert.Contains("or its certificate is not good", stranger.Log, StringComparison.Ordinal);
            Assert.Contains("mailproxy_passdb_requests_total{driver=\"ldap\",result=\"unavailable\"} 1\n", await stranger.MetricsAsync(), StringComparison.Ordinal);
        }

        var careless = Secure(isStarttls, "");
        careless.Verify = false;
        await using var any = new AskedPassdb(careless);
        Assert.Equal(PassdbStatus.Ok, await any.StatusAsync("alice", "secret1"));
    }

    [Fact]
    public async Task The_certificate_must_name_the_server()
    {
        var options = Secure(isStarttls: false, Server.Certificates.Authority);
        options.Uri = string.Create(CultureInfo.InvariantCulture, $"ldaps://127.0.0.2:{Server.Ldaps}");
        await using var passdb = new AskedPassdb(options);
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("alice", "secret1"));
    }

    [Fact]
    public async Task A_wrong_service_account_base_or_filter_is_no_wrong_password_of_the_user()
    {
        var account = Search();
        (account.BindDn, account.BindPassword) = (SlapdServer.AdminDn, "wrong");
        await ExpectAsync(account, "bind: Invalid credentials (49)");

        var missing = Search();
        missing.Base = "ou=missing,dc=example,dc=org";
        await ExpectAsync(missing, "search: No such object (32)");

        var broad = Search();
        broad.Filter = "(|(uid=%u)(sn=Same))";
        await ExpectAsync(broad, "the filter matches more than one entry");

        var file = Secure(isStarttls: true, "/missing/ca.pem");
        await ExpectAsync(file, "cannot read \"/missing/ca.pem\"");
    }

    [Fact]
    public async Task A_stopped_server_is_no_wrong_password_and_is_used_again_once_it_is_back()
    {
        await using var passdb = new AskedPassdb(Search());
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));

        await Server.StopAsync();
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("alice", "hunter2"));
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("zoe", "hunter2"));
        Assert.Contains("Can't contact LDAP server (-1)", passdb.Log, StringComparison.Ordinal);
        Assert.NotNull(await passdb.CheckAsync());

        await Server.RestartAsync();
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
    }

    [Fact]
    public async Task A_connection_that_the_server_closed_is_replaced_unseen()
    {
        await using var passdb = new AskedPassdb(Search());
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        await Server.StopAsync();
        await Server.RestartAsync();
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        Assert.DoesNotContain("cannot answer", passdb.Log, StringComparison.Ordinal);
    }

    private static async Task ExpectAsync(PassdbOptions options, string message)
    {
        await using var passdb = new AskedPassdb(options);
        Assert.Equal(PassdbStatus.Unavailable, await passdb.StatusAsync("alice", "secret1"));
        Assert.Contains(message, passdb.Log, StringComparison.Ordinal);
    }

    private PassdbOptions Search() => new() { Driver = "ldap", Uri = Server.Uri, Base = "dc=example,dc=org", Filter = "(uid=%u)" };

    private PassdbOptions Secure(bool isStarttls, string authority) =>
        new() { Driver = "ldap", Uri = isStarttls ? Server.Uri : Server.SecureUri, Starttls = isStarttls, Ca = authority, Base = "dc=example,dc=org", Filter = "(uid=%u)" };
}
