using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;
using MailProxy.UserDirectory.Stores.Sqlite;

namespace MailProxy.Tests.UserDirectory.Stores;

/// <summary>The embedded directory.</summary>
public sealed class SqlitePassdbTests : IAsyncLifetime
{
    private readonly PassdbFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    private PassdbOptions Options => new() { Driver = "sqlite", Path = _folder["users.db"], Upstream = "pool" };

    [Fact]
    public async Task The_file_is_made_on_first_use_for_nobody_else_to_read()
    {
        var chain = _folder.Chain(Options);
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret1")));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Options.Path));
        Assert.Null(await chain.Passdbs[0].CheckAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Users_are_found_whatever_the_case_of_their_login_with_what_they_say()
    {
        var users = new SqliteUsers(Options.Path);
        users.Create();
        Assert.True(users.Add(new SqliteUser("Alice@example.org") { Password = "{PLAIN}secret1", Host = "10.0.0.1", Port = "1143", UpstreamLogin = "al" }));
        Assert.True(users.Add(new SqliteUser("bob") { Password = "{PLAIN}secret2" }));
        Assert.False(users.Add(new SqliteUser("BOB") { Password = "{PLAIN}secret3" }));

        var chain = _folder.Chain(Options);
        var alice = await PassdbFolder.AskAsync(chain, PassdbFolder.Plain("alice@EXAMPLE.org", "secret1"));
        Assert.Equal((PassdbStatus.Ok, "10.0.0.1:1143"), (alice.Status, alice.Upstream!.ToString()));
        Assert.Equal("al"u8.ToArray(), alice.Login);
        Assert.Equal("pool", (await PassdbFolder.AskAsync(chain, PassdbFolder.Plain("bob", "secret2"))).Upstream!.ToString());
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("bob", "secret3")));

        Assert.True(users.SetPassword("BOB", "{PLAIN}secret4"));
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("bob", "secret4")));
        Assert.True(users.Delete("bob"));
        Assert.False(users.Delete("bob"));
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("bob", "secret4")));
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("' OR 1=1 --", "x")));
    }

    [Fact]
    public async Task A_corrupt_file_is_said_and_is_no_wrong_password()
    {
        _folder.Write("users.db", new string('x', 5000));
        var chain = _folder.Chain(Options);
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret1")));
        Assert.Equal(
            $"passdb sqlite in c:2 cannot answer: \"{Options.Path}\": SQLite Error 26: 'file is not a database'., while user \"alice\" logs in", Assert.Single(_folder.Log.Errors).Text);
        Assert.Contains("mailproxy_passdb_requests_total{driver=\"sqlite\",result=\"unavailable\"} 1\n", await _folder.MetricsAsync(), StringComparison.Ordinal);
        Assert.Contains("file is not a database", await chain.Passdbs[0].CheckAsync(CancellationToken.None), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_goes_away_does_not_make_its_users_unknown()
    {
        var chain = _folder.Chain(Options);
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret1")));
        File.Delete(Options.Path);
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret1")));
        Assert.False(File.Exists(Options.Path));
    }

    [Fact]
    public async Task A_missing_directory_is_said()
    {
        var chain = _folder.Chain(new PassdbOptions { Driver = "sqlite", Path = _folder["missing/users.db"] });
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "secret1")));
        Assert.Contains("Could not find a part of the path", Assert.Single(_folder.Log.Errors).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_makes_no_other_files()
    {
        var users = new SqliteUsers(Options.Path);
        users.Create();
        Assert.True(users.Add(new SqliteUser("alice")));
        Assert.NotNull(users.Find("alice"));
        Assert.Equal([Options.Path], Directory.GetFiles(Path.GetDirectoryName(Options.Path)!));
    }

    [Fact]
    public void A_write_ahead_log_of_earlier_versions_is_left_and_is_read_as_long_as_somebody_has_it()
    {
        var users = new SqliteUsers(Options.Path);
        users.Create();
        using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Options.Path};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; INSERT INTO users (login) VALUES ('alice')";
            command.ExecuteNonQuery();
            users.Create();
            Assert.NotNull(users.Find("alice"));
        }

        users.Create();
        Assert.NotNull(users.Find("alice"));
        Assert.Equal([Options.Path], Directory.GetFiles(Path.GetDirectoryName(Options.Path)!));
    }

    [Fact]
    public void A_file_of_a_newer_version_is_left_alone()
    {
        new SqliteUsers(Options.Path).Create();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Options.Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 2";
            command.ExecuteNonQuery();
        }

        Assert.Equal($"\"{Options.Path}\" was made by a newer version", Assert.Throws<PassdbException>(new SqliteUsers(Options.Path).Create).Message);
    }
}
