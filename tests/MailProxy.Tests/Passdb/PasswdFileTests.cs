using System.Text;
using MailProxy.Passdb;
using MailProxy.Passdb.PasswdFile;

namespace MailProxy.Tests.Passdb;

/// <summary>Dovecot's passwd-file: its syntax, and its changes.</summary>
public sealed class PasswdFileTests : IAsyncLifetime
{
    private readonly PassdbFolder _folder = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public void Users_are_read_with_their_extra_fields()
    {
        var users = Parse("""
            # a comment
            alice:{PLAIN}secret1:1000:1000:Alice A.:/home/alice:/bin/sh:userdb_mail=maildir:~/Mail host=::1 port=1143 user=al pass=other proxy=y

            bob@example.org:{SSHA512}RL7e/4XaB5mDJ0KMTsSBX9LCHCWZuXCvXnA6N/q5HfymtiyUzGDCptqZBJso78nBXaINObfit4kYqoGL6WTHlFDxarU=::::::upstream=pool
            carol::::::: nopassword
            dora
            eve:{PLAIN}x::::::destuser=eva nopassword=n
            """);
        Assert.Equal(["alice", "bob@example.org", "carol", "dora", "eve"], users.Keys);
        Assert.Equal(("{PLAIN}secret1", "::1", "1143", "al", "other"), (users["alice"].Password, users["alice"].Host, users["alice"].Port, users["alice"].User, users["alice"].Pass));
        Assert.Equal("pool", users["BOB@example.org"].Upstream);
        Assert.True(users["carol"].NoPassword);
        Assert.Equal("", users["dora"].Password);
        Assert.Equal(("eva", false), (users["eve"].User, users["eve"].NoPassword));
    }

    [Fact]
    public void A_line_that_is_broken_is_said_by_its_number_and_left_out()
    {
        var broken = new List<string>();
        var users = PasswdFileParser.Parse(
            [.. Encoding.UTF8.GetBytes("alice:{PLAIN}a\r\nbob:{MD4}hunter2\ncarol:hunter2\nalice:{PLAIN}hunter2\ndora:{PLAIN}x::::::port=hunter2\neve:{PLAIN}x::::::allow_nets=hunter2\n"), 0xFF, (byte)'\n', .. "zoe:{PLAIN}z"u8],
            "", (line, reason) => broken.Add($"{line}: {reason}"));
        Assert.Equal(["alice", "zoe"], users.Keys);
        Assert.Equal("{PLAIN}a", users["alice"].Password);
        Assert.Equal(
            [
                "2: unknown password scheme \"MD4\"", "3: a stored password names no {SCHEME}", "4: the user stands there already", "5: the user's \"port\" is no port",
                "6: the user's \"allow_nets\" has what is no network", "7: not UTF-8",
            ],
            broken);
    }

    [Fact]
    public void A_file_may_have_a_scheme_for_passwords_that_name_none() => Assert.Single(Parse("alice:secret1", "PLAIN"));

    [Fact]
    public async Task A_change_is_seen_by_the_next_login()
    {
        var options = _folder.PasswdFile("alice:{PLAIN}old");
        var chain = _folder.Chain(options);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));

        _folder.Write("next", "alice:{PLAIN}new secret\nbroken:{NONE}x");
        File.Move(_folder["next"], options.Path, overwrite: true);
        Assert.Equal(PassdbStatus.WrongPassword, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("ALICE", "new secret")));
        Assert.Equal($"{options.Path}:2: unknown password scheme \"NONE\", line ignored", Assert.Single(_folder.Log.Errors).Text);
    }

    [Fact]
    public async Task A_file_that_goes_away_leaves_its_users_until_it_is_back()
    {
        var options = _folder.PasswdFile("alice:{PLAIN}old");
        var chain = _folder.Chain(options);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));

        File.Delete(options.Path);
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "old")));
        Assert.StartsWith($"passdb passwd-file cannot read \"{options.Path}\" again: Could not find file", Assert.Single(_folder.Log.Errors).Text, StringComparison.Ordinal);

        _folder.PasswdFile("alice:{PLAIN}new");
        Assert.Equal(PassdbStatus.Ok, await PassdbFolder.StatusAsync(chain, PassdbFolder.Plain("alice", "new")));
    }

    private static Dictionary<string, PassdbUser> Parse(string text, string scheme = "") =>
        PasswdFileParser.Parse(Encoding.UTF8.GetBytes(text), scheme, (line, reason) => Assert.Fail($"{line}: {reason}"));
}
