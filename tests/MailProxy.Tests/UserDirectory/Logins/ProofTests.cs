using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Tests.Authentication;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Logins;
using MailProxy.UserDirectory.Stores.Sqlite;

namespace MailProxy.Tests.UserDirectory.Logins;

/// <summary>Every way to be let in says who has checked the proof, and what nobody has checked goes on as the client sent it.</summary>
public sealed class ProofTests : IAsyncDisposable
{
    private readonly LoginUsers _users = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("proof");

    public async ValueTask DisposeAsync()
    {
        await _users.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    public static TheoryData<string, string, int> Drivers()
    {
        var data = new TheoryData<string, string, int>();
        foreach (var protocol in new[] { "imap", "pop3", "smtp" })
        {
            foreach (var driver in new[] { "passwd-file", "sqlite", "static password" }) data.Add(driver, protocol, (int)ProofCheck.Directory);
            foreach (var driver in new[] { "passwd-file nopassword", "static", "passwd-file, then static" }) data.Add(driver, protocol, (int)ProofCheck.Nobody);
        }

        return data;
    }

    [Theory, MemberData(nameof(Drivers))]
    public async Task A_password_that_a_passdb_has_not_checked_is_nobodys_and_goes_on(string driver, string protocol, int proof)
    {
        _users.PutInForce(Passdbs(driver));
        var result = await AskAsync(Attempts.Make(_users.Log, "internal", protocol, login: "user"));
        Assert.Equal((AuthStatus.Accepted, (ProofCheck)proof), (result.Status, result.Proof));
        Assert.Equal(Attempts.Secret, Attempts.Text(result.UpstreamCredentials!.Secret));
    }

    [Fact]
    public async Task Nopassword_with_pass_would_be_checked_by_nobody_at_all()
    {
        _users.PutInForce(PasswdFile("user:::::::nopassword pass=m4ster"));
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(Attempts.Make(_users.Log, "internal", login: "user"))).Status);
        Assert.Contains("a user has \"nopassword\" and \"pass\", so that nobody would check a password", Assert.Single(_users.Log.Errors).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_is_checked_whatever_password_is_let_in()
    {
        _users.PutInForce(PasswdFile("user:{PLAIN}other::::::nopassword"));
        Assert.Equal(AuthStatus.Rejected, (await AskAsync(Attempts.Make(_users.Log, "internal", "smtp", AuthMethod.CramMd5, "user", "00", "<1@x>"))).Status);
    }

    [Fact]
    public async Task A_certificate_is_a_proof_and_a_recipient_is_none()
    {
        var certificate = new LoginCertificate("CN=cert@example.org", null);
        var external = await _users.Decider.DecideAsync(LoginUsers.Facts("cert@example.org", "", AuthMethod.External, "smtp", certificate), _users.Log, CancellationToken.None);
        Assert.Equal((LoginVerdict.Accepted, ProofCheck.Certificate), (external.Verdict, external.Proof));
        var recipient = await _users.Decider.DecideAsync(LoginUsers.Facts("", "", AuthMethod.None, "smtp", recipient: "RCPT TO:<anna@example.org>"), _users.Log, CancellationToken.None);
        Assert.Equal((LoginVerdict.Accepted, ProofCheck.Nobody), (recipient.Verdict, recipient.Proof));
    }

    [Fact]
    public async Task An_auth_server_answers_for_whom_it_lets_in_also_out_of_the_cache()
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept);
        using var client = new AuthHttpClient(new CountedConnections(), TimeProvider.System);
        var request = Attempts.Make(_users.Log, $"127.0.0.1:{server.Port}", "smtp", cacheValid: TimeSpan.FromMinutes(1));
        foreach (var isCached in new[] { false, true })
        {
            var result = await client.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
            Assert.Equal((ProofCheck.AuthServer, isCached), (result.Proof, result.IsCached));
        }
    }

    [Fact]
    public async Task What_is_passed_through_is_for_the_upstream_to_check()
    {
        var request = Attempts.Make(_users.Log, protocol: "smtp") with { Options = new AuthHttpOptions(), Pass = new UpstreamAddress("127.0.0.1", 25) };
        var result = await AskAsync(request);
        Assert.Equal((AuthStatus.Accepted, ProofCheck.Nobody), (result.Status, result.Proof));
    }

    private PassdbOptions[] Passdbs(string driver) => driver switch
    {
        "passwd-file" => [PasswdFile($"user:{{PLAIN}}{Attempts.Secret}::::::host=127.0.0.9")],
        "passwd-file nopassword" => [PasswdFile("user:::::::nopassword host=127.0.0.9")],
        "sqlite" => [Sqlite()],
        "static password" => [new PassdbOptions { Driver = "static", Host = "127.0.0.9", Password = "{PLAIN}" + Attempts.Secret }],
        "static" => [new PassdbOptions { Driver = "static", Host = "127.0.0.9" }],
        _ => [PasswdFile("other:{PLAIN}x"), new PassdbOptions { Driver = "static", Host = "127.0.0.9" }],
    };

    private PassdbOptions PasswdFile(string text)
    {
        var path = Path.Combine(_folder.FullName, "users");
        File.WriteAllText(path, text);
        return new PassdbOptions { Driver = "passwd-file", Path = path };
    }

    private PassdbOptions Sqlite()
    {
        var path = Path.Combine(_folder.FullName, "users.db");
        var users = new SqliteUsers(path);
        users.Create();
        users.Add(new SqliteUser("user") { Password = "{PLAIN}" + Attempts.Secret, Host = "127.0.0.9" });
        return new PassdbOptions { Driver = "sqlite", Path = path };
    }

    private async Task<AuthResult> AskAsync(AuthRequest request)
    {
        using var external = new AuthHttpClient(new CountedConnections(), TimeProvider.System);
        var authenticators = new Authenticators(external, new InternalAuthenticator(_users.Decider), _users.Answers, TimeProvider.System);
        return await authenticators.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
    }
}
