using System.Text;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;
using MailProxy.UserDirectory.Stores.PasswdFile;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.UserDirectory.Stores;

/// <summary>Dovecot's passwd-file: its syntax, and its changes.</summary>
public sealed class PasswdFileTests : IAsyncLifetime
{
    private readonly PassdbFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public void Users_are_read_with_their_extra_fields()
    {
        using var users = Read("""
            # a comment
            alice:{PLAIN}secret1:1000:1000:Alice A.:/home/alice:/bin/sh:userdb_mail=maildir:~/Mail host=::1 port=1143 user=al pass=other proxy=y

            bob@example.org:{SSHA512}RL7e/4XaB5mDJ0KMTsSBX9LCHCWZuXCvXnA6N/q5HfymtiyUzGDCptqZBJso78nBXaINObfit4kYqoGL6WTHlFDxarU=::::::upstream=pool
            carol::::::: nopassword
            dora
            eve:{PLAIN}x::::::destuser=eva nopassword=n
            """);
        Assert.Equal(5, users.Count);
        var alice = Find(users, "alice");
        Assert.Equal(("{PLAIN}secret1", "::1", "1143", "al", "other"), (alice.Password, alice.Host, alice.Port, alice.User, alice.Pass));
        Assert.Equal("pool", Find(users, "BOB@example.org").Upstream);
        Assert.True(Find(users, "carol").NoPassword);
        Assert.Equal("", Find(users, "dora").Password);
        Assert.Equal(("eva", false), (Find(users, "eve").User, Find(users, "eve").NoPassword));
        foreach (var login in new[] { "", "# a comment", "al", "alice2", "alice:", "zoe", "ÁLICE" }) Assert.Null(users.Find(Encoding.UTF8.GetBytes(login)));
    }

    [Fact]
    public void A_line_that_is_broken_is_said_by_its_number_and_its_user_stays_known()
    {
        var broken = new List<string>();
        using var users = Read(
            [.. Encoding.UTF8.GetBytes("alice:{PLAIN}a\r\nbob:{MD4}hunter2\ncarol:hunter2\nalice:{PLAIN}hunter2\ndora:{PLAIN}x::::::port=hunter2\neve:{PLAIN}x::::::allow_nets=hunter2\n"), 0xFF, (byte)'\n', .. "zoe:{PLAIN}z"u8],
            "", (line, reason) => broken.Add($"{line}: {reason}"));
        Assert.Equal("{PLAIN}a", Find(users, "alice").Password);
        Assert.Equal("{PLAIN}z", Find(users, "zoe").Password);
        foreach (var login in new[] { "bob", "carol", "dora", "eve" }) Assert.Throws<PassdbException>(() => Find(users, login));
        Assert.Equal(
            [
                "2: unknown password scheme \"MD4\", this user cannot log in", "3: a stored password names no {SCHEME}, this user cannot log in", "4: the user stands there already, line ignored",
                "5: the user's \"port\" is no port, this user cannot log in", "6: the user's \"allow_nets\" has what is no network, this user cannot log in", "7: not UTF-8, this user cannot log in",
            ],
            broken);
    }

    [Fact]
    public void A_file_may_have_a_scheme_for_passwords_that_name_none()
    {
        using var users = Read("alice:secret1", "PLAIN");
        Assert.Equal("secret1", Find(users, "alice", "PLAIN").Password);
    }

    [Fact]
    public async Task Who_asks_while_the_file_is_read_is_answered_from_what_was_there_and_the_change_is_seen_soon()
    {
        var options = _folder.PasswdFile("alice:{PLAIN}old\n");
        var chain = _folder.Chain(options);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));

        _folder.Write("next", "alice:{PLAIN}new secret\nbroken:{NONE}x\n");
        File.Move(_folder["next"], options.Path, overwrite: true);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));
        await UntilAsync(chain, "alice", "old", PassdbStatus.WrongPassword);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("ALICE", "new secret")));
        Assert.Equal($"{options.Path}:2: unknown password scheme \"NONE\", this user cannot log in", Assert.Single(_folder.Log.Errors).Text);
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("broken", "x")));
        Assert.Equal(PassdbStatus.UnknownUser, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("nobody", "x")));
    }

    [Fact]
    public async Task A_file_that_goes_away_leaves_its_users_until_it_is_back()
    {
        var options = _folder.PasswdFile("alice:{PLAIN}old\n");
        var chain = _folder.Chain(options);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));

        File.Delete(options.Path);
        await EventuallyAsync(() => _folder.Log.Errors.Any());
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));
        Assert.Null(await chain.Passdbs[0].CheckAsync(CancellationToken.None));
        Assert.StartsWith($"passdb passwd-file cannot read \"{options.Path}\" again: Could not find file", Assert.Single(_folder.Log.Errors).Text, StringComparison.Ordinal);

        _folder.PasswdFile("alice:{PLAIN}new\n");
        await UntilAsync(chain, "alice", "new", PassdbStatus.Ok);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_no_answer_until_it_is()
    {
        var options = new PassdbOptions { Driver = "passwd-file", Path = _folder["late"] };
        var chain = _folder.Chain(options);
        Assert.Equal(PassdbStatus.Unavailable, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "x")));
        Assert.Contains("Could not find file", await chain.Passdbs[0].CheckAsync(CancellationToken.None), StringComparison.Ordinal);
        _folder.Write("late", "alice:{PLAIN}x\n");
        await UntilAsync(chain, "alice", "x", PassdbStatus.Ok);
    }

    [Theory]
    [InlineData("")]
    [InlineData("alice:{PLAIN}new\nbo")]
    public void A_file_that_is_being_written_in_place_is_not_half_believed(string half)
    {
        const string Whole = "alice:{PLAIN}new\nbob:{PLAIN}new\n";
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var users = Users(time, "alice:{PLAIN}old\nbob:{PLAIN}old\n");

        // As long as somebody writes, and for some time after that where it looks torn.
        Write(half);
        for (var step = 0; step < 45; step++)
        {
            Assert.Equal("bob:{PLAIN}old", Line(users, "bob"));
            time.Advance(TimeSpan.FromMilliseconds(100));
            Assert.False(users.Refresh());
        }

        Write(Whole);
        for (var step = 0; step < 4; step++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            Assert.False(users.Refresh());
            Assert.Equal("bob:{PLAIN}old", Line(users, "bob"));
        }

        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(users.Refresh());
        Assert.Equal("bob:{PLAIN}new", Line(users, "bob"));
        Assert.Empty(_folder.Log.Errors);

        // What stays so is meant so.
        Write(half);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(users.Refresh());
        Assert.Null(Line(users, "bob"));

        void Write(string text)
        {
            _folder.Write("users", text);
            File.SetLastWriteTimeUtc(_folder["users"], time.GetUtcNow().UtcDateTime);
            Assert.False(users.Refresh());
        }
    }

    [Fact]
    public void A_file_whose_clock_is_ahead_is_believed_once_it_stays_the_same()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(-1));
        using var users = Users(time, "alice:{PLAIN}old\n");
        Assert.Equal("alice:{PLAIN}old", Line(users, "alice"));
    }

    [Fact]
    public void A_file_that_is_never_left_alone_is_said_once_and_that_it_is_gone_too()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var users = Users(time, "alice:{PLAIN}old\n");
        for (var step = 0; step < 200; step++)
        {
            _folder.Write("users", $"alice:{{PLAIN}}{step}\n");
            File.SetLastWriteTimeUtc(_folder["users"], time.GetUtcNow().UtcDateTime);
            Assert.False(users.Refresh());
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal("alice:{PLAIN}old", Line(users, "alice"));
        Assert.StartsWith($"passdb passwd-file \"{_folder["users"]}\" is written to all the time", Assert.Single(_folder.Log.Errors).Text, StringComparison.Ordinal);
        File.Delete(_folder["users"]);
        Assert.True(users.Refresh());
        Assert.True(users.Refresh());
        Assert.Equal(2, _folder.Log.Errors.Count);
        Assert.Null(users.Failure);
    }

    [Fact]
    public void Many_broken_lines_do_not_fill_the_log()
    {
        using var users = Users(new FakeTimeProvider(TimeProvider.System.GetUtcNow()), string.Concat(Enumerable.Range(0, 500).Select(number => $"user{number}:{{NONE}}x\n")));
        Assert.Equal(21, _folder.Log.Errors.Count);
        Assert.Equal($"{_folder["users"]}: something is wrong with 480 more lines", _folder.Log.Errors[^1].Text);
    }

    /// <summary>Those of a file that was just written, once they are there.</summary>
    private PasswdFileUsers Users(FakeTimeProvider time, string text)
    {
        var users = new PasswdFileUsers(_folder.Write("users", text), "", time, _folder.Log);
        for (var step = 0; !users.Tried.IsCompleted && step < 100; step++)
        {
            users.Refresh();
            time.Advance(TimeSpan.FromMilliseconds(100));
        }

        return users;
    }

    private static string? Line(PasswdFileUsers users, string login) => users.Find(Encoding.UTF8.GetBytes(login)) is { } line ? Encoding.UTF8.GetString(line) : null;

    private static PasswdTable Read(string text, string scheme = "") => Read(Encoding.UTF8.GetBytes(text), scheme, (line, reason) => Assert.Fail($"{line}: {reason}"));

    private static PasswdTable Read(byte[] content, string scheme, Action<int, string> fault)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, content);
            using var file = File.OpenHandle(path);
            return PasswdTable.Read(file, scheme, fault);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static PassdbUser Find(PasswdTable users, string login, string scheme = "") => PasswdFileParser.Parse(users.Find(Encoding.UTF8.GetBytes(login))!, scheme);

    private static Task UntilAsync(PassdbChain chain, string login, string password, PassdbStatus status) =>
        EventuallyAsync(async () => await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain(login, password)) == status);

    private static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(30)) Assert.Fail("It did not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
