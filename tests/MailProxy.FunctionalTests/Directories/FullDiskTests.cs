using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;
using MailProxy.UserDirectory.Stores.Sqlite;
using Microsoft.Data.Sqlite;

namespace MailProxy.FunctionalTests.Directories;

/// <summary><c>passdb sqlite</c> where nothing can be written, in a small file system of its own.</summary>
[Trait("Beyond", "nginx")]
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new("disk");

    private string Database => _directory.Combine("users.db");

    public async ValueTask InitializeAsync() => (await ChildProcess.RunAsync("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", _directory.Path)).Succeeded.ToString();

    public async ValueTask DisposeAsync()
    {
        (await ChildProcess.RunAsync("umount", _directory.Path)).Succeeded.ToString();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("DELETE", false)]
    [InlineData("DELETE", true)]
    [InlineData("WAL", false)]
    [InlineData("WAL", true)]
    public async Task Users_are_found_on_a_full_disk_and_in_a_file_system_that_is_read_only(string journal, bool isReadOnly)
    {
        var users = new SqliteUsers(Database);
        users.Create();
        Assert.True(users.Add(new SqliteUser("alice") { Password = "{PLAIN}secret1" }));
        await using (var connection = await OpenAsync()) await ExecuteAsync(connection, $"PRAGMA journal_mode = {journal}");
        if (isReadOnly) (await ChildProcess.RunAsync("mount", "-o", "remount,ro", _directory.Path)).Succeeded.ToString();
        else Fill();

        // As after a start: nothing is open yet.
        await using var passdb = new AskedPassdb(new() { Driver = "sqlite", Path = Database });
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        Assert.Equal(PassdbStatus.WrongPassword, await passdb.StatusAsync("alice", "wrong"));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync("bob", "secret1"));
        Assert.Null(await passdb.CheckAsync());
        Assert.Throws<PassdbException>(() => users.Add(new SqliteUser(new string('x', 300_000))));
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
    }

    /// <summary>Who wrote was killed amid it: what it has half done is taken back, and no half of it believed.</summary>
    [Fact]
    public async Task What_was_half_written_is_taken_back()
    {
        var users = new SqliteUsers(Database);
        users.Create();
        Assert.True(users.Add(new SqliteUser("alice") { Password = "{PLAIN}secret1" }));
        var left = _directory.Combine("left.db");
        await using (var connection = await OpenAsync())
        {
            await ExecuteAsync(connection, "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE users SET password = '{PLAIN}half'");
            for (var number = 0; number < 200; number++) await ExecuteAsync(connection, $"INSERT INTO users (login) VALUES ('{new string('x', 200)}{number}')");
            File.Copy(Database, left);
            File.Copy(Database + "-journal", left + "-journal");
        }

        await using var passdb = new AskedPassdb(new() { Driver = "sqlite", Path = left });
        Assert.Equal(PassdbStatus.Ok, await passdb.StatusAsync("alice", "secret1"));
        Assert.Equal(PassdbStatus.UnknownUser, await passdb.StatusAsync(new string('x', 200) + "0", "secret1"));
        Assert.False(File.Exists(left + "-journal"));
    }

    private void Fill()
    {
        using var file = new FileStream(_directory.Combine("fill"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        Assert.Throws<IOException>(() =>
        {
            for (var count = 0; count < 1000; count++) file.Write(new byte[1024]);
        });
    }

    private async Task<SqliteConnection> OpenAsync()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
