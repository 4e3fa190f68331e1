using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Tests.Configuration;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Passwords;
using MailProxy.UserDirectory.Stores;
using MailProxy.UserDirectory.Stores.Sqlite;

namespace MailProxy.Tests.UserDirectory.Stores;

/// <summary>Who decides, and what is said of whom nobody knows.</summary>
public sealed class PassdbChainTests : IAsyncLifetime
{
    private readonly PassdbFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task The_first_that_knows_the_user_decides()
    {
        var chain = _folder.Chain(
            _folder.PasswdFile("alice:{PLAIN}first", "a"), _folder.PasswdFile("alice:{PLAIN}second\nbob:{PLAIN}second", "b"));
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "first")));
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "second")));
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("bob", "second")));
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("carol", "second")));

        var metrics = await _folder.MetricsAsync();
        Assert.Contains("mailproxy_passdb_requests_total{driver=\"passwd-file\",result=\"ok\"} 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_passdb_requests_total{driver=\"passwd-file\",result=\"wrong_password\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_passdb_requests_total{driver=\"passwd-file\",result=\"unknown_user\"} 3\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_passdb_seconds_count{driver=\"passwd-file\"} 6\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_cannot_answer_leaves_no_answer()
    {
        var chain = _folder.Chain(new PassdbOptions { Driver = "passwd-file", Path = _folder["missing"] }, _folder.PasswdFile("alice:{PLAIN}secret1"));
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret1")));
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("bob", "secret1")));
        Assert.Contains("passdb passwd-file in c:2 cannot answer: Could not find file", _folder.Log.All, StringComparison.Ordinal);
        Assert.Contains("result=\"unavailable\"} 2\n", await _folder.MetricsAsync(), StringComparison.Ordinal);
        Assert.StartsWith("Could not find file", await chain.Passdbs[0].CheckAsync(CancellationToken.None), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_decides_earlier_is_not_kept_from_it_by_a_broken_one_behind()
    {
        var chain = _folder.Chain(_folder.PasswdFile("alice:{PLAIN}secret1"), new PassdbOptions { Driver = "passwd-file", Path = _folder["missing"] });
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret1")));
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("bob", "secret1")));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("al\0ice")]
    [InlineData("")]
    public async Task A_password_is_hashed_for_users_who_do_not_exist_too_and_only_once(string login)
    {
        var chain = _folder.Chain(_folder.PasswdFile("alice:{SSHA512}RL7e/4XaB5mDJ0KMTsSBX9LCHCWZuXCvXnA6N/q5HfymtiyUzGDCptqZBJso78nBXaINObfit4kYqoGL6WTHlFDxarU=", "a"), _folder.PasswdFile("", "b"));
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain(login, "x")));
        Assert.Equal(1, _folder.Services.Passwords.Checked);
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "x")));
        Assert.Equal(2, _folder.Services.Passwords.Checked);
    }

    [Theory]
    [InlineData("locked", "x", (int)AuthMethod.Plain, 1)]
    [InlineData("locked", "", (int)AuthMethod.Plain, 1)]
    [InlineData("alice", "x", (int)AuthMethod.Plain, 1)]
    [InlineData("nobody", "x", (int)AuthMethod.Plain, 1)]
    [InlineData("locked", "00", (int)AuthMethod.CramMd5, 0)]
    [InlineData("nobody", "00", (int)AuthMethod.CramMd5, 0)]
    [InlineData("locked", "", (int)AuthMethod.None, 0)]
    public async Task A_user_without_a_password_costs_as_much_to_refuse_as_any(string login, string secret, int method, long hashes)
    {
        foreach (var passdb in new[] { _folder.PasswdFile("alice:{SSHA512}RL7e/4XaB5mDJ0KMTsSBX9LCHCWZuXCvXnA6N/q5HfymtiyUzGDCptqZBJso78nBXaINObfit4kYqoGL6WTHlFDxarU=\nlocked:"), Sqlite() })
        {
            var before = _folder.Services.Passwords.Checked;
            await PassdbFolder.AskAsync(_folder.Chain(passdb), PassdbFolder.Query((AuthMethod)method, login, secret, "<1@x>"));
            Assert.Equal(hashes, _folder.Services.Passwords.Checked - before);
        }
    }

    private PassdbOptions Sqlite()
    {
        var users = new SqliteUsers(_folder["users.db"]);
        users.Create();
        users.Add(new SqliteUser("locked"));
        users.Add(new SqliteUser("alice") { Password = "{PLAIN}other" });
        return new PassdbOptions { Driver = "sqlite", Path = _folder["users.db"] };
    }

    [Fact]
    public async Task Nothing_is_hashed_where_no_passdb_hashes()
    {
        await using var chain = new PassdbChain([], _folder.Services);
        Assert.True(chain.IsEmpty);
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "x")));
        Assert.Equal(0, _folder.Services.Passwords.Checked);
    }

    [Fact]
    public async Task A_login_that_is_not_text_is_nobodys()
    {
        var chain = _folder.Chain(_folder.PasswdFile("alice:{PLAIN}x"));
        var query = new PassdbQuery(new Credentials(AuthMethod.Plain, [0xC3, 0x28], "x"u8.ToArray()), Values.Protocol("imap"), null);
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, query));
    }

    [Fact]
    public async Task APOP_and_CRAM_MD5_need_a_plain_password_and_hand_it_on()
    {
        // RFC 1939, section 7, and RFC 2195, section 2.
        var chain = _folder.Chain(_folder.PasswdFile("mrose:{PLAIN}tanstaaf\ntim:{CLEARTEXT}tanstaaftanstaaf\nbob:{BLF-CRYPT}$2y$05$fHuF/DfALmFU5g65vwMytu1hc1XeW8enyO6js5d57VZTSnc24QnM."));
        var apop = PassdbFolder.Query(AuthMethod.Apop, "mrose", "c4c9334bac560ecc979e58001b3e22fb", "<1896.697170952@dbc.mtview.ca.us>", "pop3");
        var result = await PassdbFolder.AskAsync(chain, apop);
        Assert.Equal(PassdbStatus.Ok, result.Status);
        Assert.Equal("tanstaaf"u8.ToArray(), result.Password);

        var cram = PassdbFolder.Query(AuthMethod.CramMd5, "tim", "B913A602C7EDA7A495B4E6E7334D3890", "<1896.697170952@postoffice.reston.mci.net>");
        Assert.Equal("tanstaaftanstaaf"u8.ToArray(), (await PassdbFolder.AskAsync(chain, cram)).Password);
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Query(AuthMethod.CramMd5, "tim", "00", "<1@x>")));
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Query(AuthMethod.Apop, "bob", "00", "<1@x>")));
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Query(AuthMethod.Apop, "zoe", "00", "<1@x>")));
        Assert.Contains("user \"bob\" cannot log in by apop, which needs a stored {PLAIN} password", _folder.Log.All, StringComparison.Ordinal);
        Assert.DoesNotContain("tanstaaf", _folder.Log.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_and_a_recipient_need_a_user_and_no_password()
    {
        var chain = _folder.Chain(_folder.PasswdFile("alice::::::: upstream=pool"));
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Query(AuthMethod.External, "alice")));
        Assert.Equal("pool", (await PassdbFolder.AskAsync(chain, PassdbFolder.Query(AuthMethod.None, "alice"))).Upstream!.ToString());
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Query(AuthMethod.None, "bob")));
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "")));
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(_folder.Chain(new PassdbOptions { Driver = "static" }), PassdbFolder.Query(AuthMethod.None, "bob@example.org", protocol: "smtp")));
    }

    [Fact]
    public async Task Static_takes_every_user_with_any_password_or_with_its_own()
    {
        var open = _folder.Chain(new PassdbOptions { Driver = "static", Upstream = "${protocol}_pool" });
        var result = await PassdbFolder.AskAsync(open, PassdbFolder.Plain("anybody", "anything", "pop3"));
        Assert.Equal((PassdbStatus.Ok, new UpstreamAddress("pop3_pool", null)), (result.Status, result.Upstream));
        Assert.Null(result.Password);
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(open, PassdbFolder.Query(AuthMethod.CramMd5, "anybody", "00", "<1@x>")));

        var closed = _folder.Chain(new PassdbOptions { Driver = "static", Password = "{PLAIN}secret1", Host = "10.0.0.1" });
        Assert.Equal(new UpstreamAddress("10.0.0.1", 25), (await PassdbFolder.AskAsync(closed, PassdbFolder.Plain("anybody", "secret1", "smtp"))).Upstream);
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(closed, PassdbFolder.Plain("anybody", "anything")));
    }

    [Theory]
    [InlineData("192.0.2.7", true)]
    [InlineData("::ffff:192.0.2.7", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("192.0.3.7", false)]
    public async Task A_user_may_be_bound_to_networks(string client, bool isAllowed)
    {
        var chain = _folder.Chain(_folder.PasswdFile("alice:{PLAIN}x::::::allow_nets=192.0.2.0/24,2001:db8::1"));
        Assert.Equal(isAllowed ? PassdbStatus.Ok : PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "x", client: client)));
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "y", client: client)));
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "x") with { Client = null }));
    }

    [Fact]
    public async Task What_is_stored_wrongly_is_no_wrong_password()
    {
        var chain = _folder.Chain(new PassdbOptions { Driver = "static", Password = "{SSHA512}hunter2" });
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "x")));
        Assert.Equal("passdb static in c:2 cannot answer: a stored {SSHA512} password is malformed, while user \"alice\" logs in", Assert.Single(_folder.Log.Errors).Text);
    }

    [Theory]
    [InlineData("{ROT13}x", "unknown password scheme \"ROT13\"")]
    [InlineData("{SHA256.rot13}x", "unknown password encoding \"SHA256.rot13\"")]
    public async Task A_scheme_that_nobody_knows_is_no_wrong_password_and_no_unknown_user(string stored, string reason)
    {
        var chain = _folder.Chain(_folder.PasswdFile($"alice:{stored}\n"), new PassdbOptions { Driver = "static", Password = "secret" });
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret")));
        Assert.Equal($"passdb passwd-file in c:2 cannot answer: {reason}, while user \"alice\" logs in", _folder.Log.Errors[^1].Text);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("bob", "secret")));
    }

    [Fact]
    public async Task A_static_password_is_plain_as_in_Dovecot()
    {
        var chain = _folder.Chain(new PassdbOptions { Driver = "static", Password = "secret" });
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret")));
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "Secret")));
        // MD5 of "<1@x>secret".
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Query(AuthMethod.Apop, "alice", "37257aa37904a2ac86c6572e6528a18c", "<1@x>")));
    }

    [Fact]
    public async Task Who_does_not_wait_any_longer_makes_room_for_others()
    {
        using var gate = new ManualResetEventSlim();
        using var work = new BoundedWork("passwords to hash", atOnce: 1, mostWaiting: 1);
        var first = work.RunAsync(() => gate.Wait(TimeSpan.FromSeconds(30), CancellationToken.None), CancellationToken.None).AsTask();
        using var client = new CancellationTokenSource();
        var second = work.RunAsync(() => true, client.Token).AsTask();
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        var third = work.RunAsync(() => true, CancellationToken.None).AsTask();
        gate.Set();
        Assert.True(await first.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(await third.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Work_that_fails_fails_alone()
    {
        using var work = new BoundedWork("passwords to hash", atOnce: 1, mostWaiting: 1);
        await Assert.ThrowsAsync<FormatException>(() => work.RunAsync<bool>(() => throw new FormatException(), CancellationToken.None).AsTask());
        var memory = await Assert.ThrowsAsync<PassdbException>(() => work.RunAsync<bool>(() => throw new InsufficientMemoryException(), CancellationToken.None).AsTask());
        Assert.Equal("there is no memory for it", memory.Message);
        Assert.True(await work.RunAsync(() => true, CancellationToken.None));
    }

    [Fact]
    public async Task What_waits_is_done_where_it_is_closed_and_nothing_more()
    {
        using var gate = new ManualResetEventSlim();
        var work = new BoundedWork("passwords to hash", atOnce: 1, mostWaiting: 1);
        var first = work.RunAsync(() => gate.Wait(TimeSpan.FromSeconds(30), CancellationToken.None), CancellationToken.None).AsTask();
        var second = work.RunAsync(() => true, CancellationToken.None).AsTask();
        work.Dispose();
        gate.Set();
        Assert.True(await second.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(await first);
        await Assert.ThrowsAsync<PassdbException>(() => work.RunAsync(() => true, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Too_many_passwords_to_hash_are_no_wrong_passwords()
    {
        using var gate = new ManualResetEventSlim();
        using var work = new BoundedWork("passwords to hash", atOnce: 1, mostWaiting: 1);
        var first = work.RunAsync(() => gate.Wait(TimeSpan.FromSeconds(30), CancellationToken.None), CancellationToken.None).AsTask();
        var second = work.RunAsync(() => true, CancellationToken.None).AsTask();
        var refused = await Assert.ThrowsAsync<PassdbException>(() => work.RunAsync(() => true, CancellationToken.None).AsTask());
        Assert.Equal("too many passwords to hash", refused.Message);
        Assert.False(second.IsCompleted);
        gate.Set();
        Assert.True(await first.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(await second.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(await work.RunAsync(() => true, CancellationToken.None));
    }

    [Theory]
    [InlineData("10.0.0.5", null, "imap", "10.0.0.5:143")]
    [InlineData("10.0.0.5", "2143", "imap", "10.0.0.5:2143")]
    [InlineData("::1", null, "pop3", "[::1]:110")]
    [InlineData("[::1]", "25", "smtp", "[::1]:25")]
    [InlineData("unix:/run/imap", null, "imap", "unix:/run/imap")]
    public void A_host_has_the_port_of_the_protocol_unless_it_says_one(string host, string? port, string protocol, string upstream) =>
        Assert.Equal(upstream, UserDestination.Accept(new PassdbUser { Host = host, Port = port }, new PassdbOptions(), Values.Protocol(protocol)).Upstream!.ToString());

    [Theory]
    [InlineData("$protocol", "imap")]
    [InlineData("a_${protocol}", "a_imap")]
    [InlineData("mx.example:1143", "mx.example:1143")]
    [InlineData("[::1]:1143", "[::1]:1143")]
    [InlineData("unix:/run/imap", "unix:/run/imap")]
    public void An_upstream_is_a_group_or_has_a_port(string upstream, string expected) =>
        Assert.Equal(expected, UserDestination.Accept(new PassdbUser { Upstream = upstream, Host = "ignored" }, new PassdbOptions { Host = "ignored" }, Values.Protocol("imap")).Upstream!.ToString());

    [Fact]
    public void A_user_without_a_place_gets_that_of_the_directive()
    {
        var defaults = new PassdbOptions { Upstream = "pool", Host = "10.0.0.1", Port = 1143 };
        Assert.Equal("pool", UserDestination.Accept(new PassdbUser(), defaults, Values.Protocol("imap")).Upstream!.ToString());
        Assert.Equal("10.0.0.2:1143", UserDestination.Accept(new PassdbUser { Host = "10.0.0.2" }, defaults, Values.Protocol("imap")).Upstream!.ToString());
        Assert.Null(UserDestination.Accept(new PassdbUser { Port = "1143" }, new PassdbOptions(), Values.Protocol("imap")).Upstream);
        Assert.Throws<PassdbException>(() => UserDestination.Accept(new PassdbUser { Host = "h", Port = "0" }, defaults, Values.Protocol("imap")));
    }

    [Fact]
    public void Nothing_shows_a_users_secrets()
    {
        var user = new PassdbUser { Password = "hunter2", Pass = "hunter2" };
        var result = UserDestination.Accept(user, new PassdbOptions { Password = "hunter2", Connection = "hunter2", BindPassword = "hunter2" }, Values.Protocol("imap"));
        Assert.DoesNotContain("hunter2", $"{user} {result} {new PassdbOptions { Password = "hunter2" }} {result with { Login = "hunter2"u8.ToArray() }}", StringComparison.Ordinal);
        Assert.Equal("hunter2"u8.ToArray(), result.Password);
    }
}
