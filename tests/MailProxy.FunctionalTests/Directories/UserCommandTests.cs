using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Directories;

/// <summary><c>mailproxy user</c>, as an operator runs it; also what the native program has of the drivers and schemes.</summary>
[Trait("Beyond", "nginx")]
public sealed class UserCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new("user");

    private string Database => _directory.Combine("users.db");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("ARGON2ID")]
    [InlineData("BLF-CRYPT")]
    [InlineData("SHA512-CRYPT")]
    [InlineData("PBKDF2")]
    [InlineData("SSHA512")]
    [InlineData("PLAIN")]
    public async Task A_password_from_standard_input_is_stored_as_Dovecot_reads_it(string scheme)
    {
        var (code, _, error) = await RunAsync("secret1", "user", "add", "alice", "--db", Database, "--scheme", scheme);
        Assert.Equal((0, ""), (code, error));
        var stored = new MailProxy.UserDirectory.Stores.Sqlite.SqliteUsers(Database).Find("alice")!.Password!;
        Assert.Contains("(verified)", (await ChildProcess.RunAsync("doveadm", "pw", "-t", stored, "-p", "secret1")).Succeeded, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_is_listed_without_the_password_and_deleted()
    {
        await RunAsync("secret1", "user", "add", "alice", "--db", Database, "--upstream=pool", "--scheme=PLAIN");
        Assert.Equal(new ProgramResult(0, "alice upstream=pool", ""), await ChildProcess.RunAsync(MailProxyServer.Program, "user", "list", "--db", Database));
        Assert.Equal(0, (await ChildProcess.RunAsync(MailProxyServer.Program, "user", "del", "alice", "--db", Database)).ExitCode);
        Assert.Equal(new ProgramResult(1, "", "mailproxy: user \"alice\" does not exist"), await ChildProcess.RunAsync(MailProxyServer.Program, "user", "del", "alice", "--db", Database));
        Assert.Equal(2, (await ChildProcess.RunAsync(MailProxyServer.Program, "user", "add")).ExitCode);
    }

    [Fact]
    public async Task A_terminal_is_asked_twice()
    {
        await using var terminal = ChildProcess.Start("script", ["-qec", $"{MailProxyServer.Program} user add bob --db {Database} --scheme=PLAIN", "/dev/null"], isTalkedTo: true);
        await Patience.UntilAsync(() => File.Exists(Database), () => terminal.Output);
        terminal.Say("secret2");
        terminal.Say("secret2");
        Assert.Equal(0, await terminal.WaitForExitAsync());
        Assert.Equal("{PLAIN}secret2", new MailProxy.UserDirectory.Stores.Sqlite.SqliteUsers(Database).Find("bob")!.Password);

        await using var again = ChildProcess.Start("script", ["-qec", $"{MailProxyServer.Program} user passwd bob --db {Database}", "/dev/null"], isTalkedTo: true);
        again.Say("secret3");
        again.Say("secret4");
        Assert.Equal(1, await again.WaitForExitAsync());
        Assert.Contains("mailproxy: the passwords are not the same", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_root_makes_belongs_to_the_owner_of_its_directory()
    {
        (await ChildProcess.RunAsync("chown", "nobody", _directory.Path)).Succeeded.ToString();
        await RunAsync("secret1", "user", "add", "alice", "--db", Database);
        Assert.Equal("nobody 600", (await ChildProcess.RunAsync("stat", "-c", "%U %a", Database)).Succeeded);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string input, params string[] arguments)
    {
        await using var program = ChildProcess.Start(MailProxyServer.Program, arguments, isTalkedTo: true);
        program.Say(input);
        var code = await program.WaitForExitAsync();
        return (code, program.Output, program.Error);
    }
}
