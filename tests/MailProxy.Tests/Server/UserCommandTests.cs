using System.Text;
using MailProxy.Server;
using MailProxy.UserDirectory.Passwords;
using MailProxy.UserDirectory.Stores.Sqlite;

namespace MailProxy.Tests.Server;

/// <summary><c>mailproxy user</c>.</summary>
public sealed class UserCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mailproxy-user-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Database => Path.Combine(_folder.FullName, "users.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_user_is_added_listed_changed_and_deleted()
    {
        Assert.Equal(0, Run("secret1", "add", "alice", "--db", Database, "--host=10.0.0.1", "--port", "1143", "--user=al", "--scheme=ssha512"));
        Assert.Equal(0, Run("secret2", "add", "bob", "--upstream=pool", $"--db={Database}"));
        Assert.True(Matches("alice", "secret1"));
        Assert.StartsWith("{ARGON2ID}", Stored("bob"), StringComparison.Ordinal);

        Assert.Equal(0, Run(null, "list", "--db", Database));
        Assert.Equal("alice host=10.0.0.1 port=1143 user=al\nbob upstream=pool\n", _output.ToString());

        Assert.Equal(0, Run("secret3", "passwd", "alice", "--db", Database, "--scheme", "PLAIN"));
        Assert.Equal("{PLAIN}secret3", Stored("alice"));
        Assert.Equal(0, Run(null, "del", "ALICE", "--db", Database));
        Assert.Null(new SqliteUsers(Database).Find("alice"));
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void The_database_is_that_of_the_configurations_first_passdb_sqlite()
    {
        var conf = Path.Combine(_folder.FullName, "mailproxy.conf");
        File.WriteAllText(conf, "events {} mail { passdb static; passdb sqlite users.db; passdb sqlite other.db; auth_http 127.0.0.1:9; server { listen 127.0.0.1:1143; protocol imap; } }");
        Assert.Equal(0, Run("secret1", "add", "alice", "-c", conf));
        Assert.True(Matches("alice", "secret1"));

        File.WriteAllText(conf, "events {} mail { auth_http 127.0.0.1:9; server { listen 127.0.0.1:1143; protocol imap; } }");
        Assert.Equal(1, Run("secret1", "add", "alice", "-c", conf));
        File.WriteAllText(conf, "events {} mail { foo; }");
        Assert.Equal(1, Run("secret1", "add", "alice", "-p", _folder.FullName));
        Assert.Equal($"mailproxy: no \"passdb sqlite\" in {conf}, name the database by --db\nmailproxy: unknown directive \"foo\" in {conf}:1\n", _error.ToString());
    }

    [Theory]
    [InlineData("mailproxy: user \"bob\" does not exist\n", "passwd", "bob")]
    [InlineData("mailproxy: user \"bob\" does not exist\n", "del", "bob")]
    [InlineData("mailproxy: user \"Alice\" exists already\n", "add", "Alice")]
    [InlineData("mailproxy: the password is empty\n", "add", "bob")]
    public void What_cannot_be_done_is_said(string message, params string[] arguments)
    {
        Assert.Equal(0, Run("secret1", "add", "alice", "--db", Database, "--scheme=PLAIN"));
        Assert.Equal(1, Run(null, [.. arguments, "--db", Database]));
        Assert.Equal(message, _error.ToString());
        Assert.Equal("{PLAIN}secret1", Stored("alice"));
    }

    [Fact]
    public void A_directory_that_is_not_there_and_a_file_that_is_no_database_are_said()
    {
        Assert.Equal(1, Run("x", "add", "alice", "--db", Path.Combine(_folder.FullName, "missing/users.db")));
        File.WriteAllText(Database, new string('x', 5000));
        Assert.Equal(1, Run("x", "list", "--db", Database));
        Assert.Matches("^mailproxy: \"/.*/missing/users.db\": Could not find a part of the path.*\nmailproxy: \"/.*/users.db\": SQLite Error 26: 'file is not a database'.\n$", _error.ToString());
    }

    [Theory]
    [InlineData("\"user\" requires one of add, passwd, del, list")]
    [InlineData("unknown command \"user rename\"", "rename", "a")]
    [InlineData("\"user add\" requires a login", "add")]
    [InlineData("\"user list\" takes no login", "list", "a")]
    [InlineData("a password is read from the terminal or from standard input, never from the command line", "add", "a", "hunter2")]
    [InlineData("invalid option: \"--password\"", "add", "a", "--password=hunter2")]
    [InlineData("option \"--db\" requires a value", "add", "a", "--db")]
    [InlineData("invalid port \"0\"", "add", "a", "--host=h", "--port=0")]
    [InlineData("option \"--port\" requires \"--host\"", "add", "a", "--port=1")]
    [InlineData("\"user passwd\" takes no --upstream, --host, --port or --user", "passwd", "a", "--host=h")]
    [InlineData("unknown password scheme \"MD4\", it must be one of ARGON2ID, BLF-CRYPT, SHA512-CRYPT, PBKDF2, SSHA512, PLAIN", "add", "a", "--scheme=MD4")]
    [InlineData("invalid value of \"login\": it has control characters", "add", "a\nb")]
    public void What_makes_no_sense_is_said(string message, params string[] arguments)
    {
        Assert.Equal(2, Run("x", arguments));
        Assert.Equal($"mailproxy: {message}, see mailproxy user --help\n", _error.ToString());
    }

    [Fact]
    public void Help_names_everything()
    {
        Assert.Equal(0, Run(null, "--help"));
        Assert.All((string[])["add LOGIN", "passwd LOGIN", "del LOGIN", "list", "--db", "--scheme", "BLF-CRYPT", "standard input"], word => Assert.Contains(word, _output.ToString(), StringComparison.Ordinal));
    }

    private int Run(string? password, params string[] arguments) => new UserCommand(new FixedPassword(password), _output, _error).RunArguments(arguments);

    private string? Stored(string login) => new SqliteUsers(Database).Find(login)!.Password;

    private bool Matches(string login, string password) => StoredPassword.Parse(Stored(login)!, "").Matches(Encoding.UTF8.GetBytes(password), []);

    private sealed class FixedPassword(string? password) : IPasswordSource
    {
        public string Complaint => "the password is empty";

        public byte[]? Read() => password is null ? null : Encoding.UTF8.GetBytes(password);
    }
}
