using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Tests.Authentication;
using MailProxy.Tests.Configuration;
using MailProxy.UserDirectory.Logins;

namespace MailProxy.Tests.UserDirectory.Logins;

/// <summary>Who is asked, and <c>auth_http internal</c>.</summary>
public sealed class AuthenticatorsTests : IAsyncDisposable
{
    private readonly LoginUsers _users = new();

    public ValueTask DisposeAsync() => _users.DisposeAsync();

    [Fact]
    public async Task Internal_asks_the_users_and_keeps_the_name_of_a_group()
    {
        var result = await AskAsync(Make("grouped"));
        Assert.Equal((AuthStatus.Accepted, new UpstreamAddress("pool", null)), (result.Status, result.Upstream));
        Assert.Equal(("grouped", Attempts.Secret, false), (Attempts.Text(result.Login), Attempts.Text(result.UpstreamCredentials!.Secret), result.HasLogin));
        Assert.Contains("mailproxy_auth_requests_total{server=\"internal\",result=\"ok\"} 1\n", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_users_own_name_and_password_go_to_the_upstream()
    {
        var result = await AskAsync(Make("anna@example.org"));
        Assert.Equal(("anna%bü", "m4ster", true), (Encoding.UTF8.GetString(result.Login), Attempts.Text(result.UpstreamCredentials!.Secret), result.HasLogin));
    }

    [Fact]
    public async Task A_user_without_a_server_goes_where_proxy_pass_says()
    {
        Assert.Equal("127.0.0.1:143", (await AskAsync(Make("homeless", pass: new UpstreamAddress("127.0.0.1", 143)))).Upstream!.ToString());
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(Make("homeless"))).Status);
        Assert.Equal("user \"homeless\" has no server: set \"upstream=\" or \"host=\" in passdb, or \"proxy_pass\"", Assert.Single(_users.Log.Errors).Text);
    }

    [Theory]
    [InlineData("imap", 1, "[AUTHENTICATIONFAILED] Authentication failed", 2)]
    [InlineData("pop3", 3, "[AUTH] Authentication failed", 8)]
    [InlineData("smtp", 4, "Authentication failed", 0)]
    public async Task A_wrong_password_waits_longer_and_longer_and_then_no_more(string protocol, int attempt, string text, int seconds)
    {
        var result = await AskAsync(Make("fred", "wrong", protocol, attempt));
        Assert.Equal((AuthStatus.Rejected, text, TimeSpan.FromSeconds(seconds)), (result.Status, Attempts.Text(result.Text), result.Wait));
        Assert.Equal("535 5.7.8", Attempts.Text(result.ErrorCode));
    }

    [Fact]
    public async Task Users_who_cannot_be_asked_are_unavailable()
    {
        _users.PutInForce(_users.Broken());
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(Make("fred"))).Status);
        Assert.Contains("mailproxy_auth_requests_total{server=\"internal\",result=\"unavailable\"} 1\n", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_auth_server_is_asked_by_its_url()
    {
        await using var server = RawAuthServer.Answering(RawAuthServer.Accept);
        Assert.Equal("127.0.0.1:143", (await AskAsync(Attempts.Make(_users.Log, url: $"127.0.0.1:{server.Port}"))).Upstream!.ToString());
        Assert.Contains("mailproxy_auth_requests_total{server=\"external\",result=\"ok\"} 1\n", await MetricsAsync(), StringComparison.Ordinal);
        Assert.Contains("mailproxy_auth_seconds_count{server=\"external\"} 1\n", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((int)AuthMethod.Plain, true)]
    [InlineData((int)AuthMethod.None, false)]
    public async Task Without_auth_http_the_login_is_passed_on(int method, bool smtpAuth)
    {
        var result = await AskAsync(Make("anybody", method: (AuthMethod)method, protocol: "smtp", pass: new UpstreamAddress("pool", null), urls: []));
        Assert.Equal((AuthStatus.Accepted, new UpstreamAddress("pool", null), smtpAuth), (result.Status, result.Upstream, result.SmtpAuth));
        Assert.Equal(smtpAuth, result.UpstreamCredentials is not null);
    }

    [Fact]
    public async Task A_digest_cannot_be_passed_on()
    {
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(Make("fred", method: AuthMethod.Apop, protocol: "pop3", pass: new UpstreamAddress("pool", null), urls: []))).Status);
        Assert.Single(_users.Log.Errors);
    }

    private async Task<AuthResult> AskAsync(AuthRequest request)
    {
        using var external = new AuthHttpClient(new CountedConnections(), TimeProvider.System);
        var authenticators = new Authenticators(external, new InternalAuthenticator(_users.Decider), _users.Answers, TimeProvider.System);
        return await authenticators.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
    }

    private AuthRequest Make(
        string login, string secret = Attempts.Secret, string protocol = "imap", int attempt = 1, UpstreamAddress? pass = null, AuthMethod method = AuthMethod.Plain, string[]? urls = null) => new()
        {
            Options = new AuthHttpOptions { Url = Values.Urls(urls ?? ["internal"]) },
            Protocol = Values.Protocol(protocol),
            Credentials = new Credentials(method, Encoding.UTF8.GetBytes(login), Encoding.UTF8.GetBytes(secret)),
            Attempt = attempt,
            Client = new IPEndPoint(IPAddress.Loopback, 51438),
            Local = new IPEndPoint(IPAddress.Loopback, 143),
            Pass = pass,
            Log = _users.Log,
        };

    private async Task<string> MetricsAsync()
    {
        await using var stream = new MemoryStream();
        await _users.Registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
