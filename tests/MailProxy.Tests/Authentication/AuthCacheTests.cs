using System.Net;
using MailProxy.Authentication;
using MailProxy.Tests.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Authentication;

/// <summary><c>auth_http_cache_valid</c>.</summary>
public sealed class AuthCacheTests : IAsyncDisposable
{
    private static readonly TimeSpan Valid = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _log = new();
    private readonly RawAuthServer _server = RawAuthServer.Answering(RawAuthServer.Accept);
    private readonly AuthHttpClient _client;

    public AuthCacheTests() => _client = new AuthHttpClient(new CountedConnections(), _time);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_login_that_was_let_in_is_let_in_again_without_asking_until_the_time_is_over()
    {
        var request = Make();
        Assert.False((await AskAsync(request)).IsCached);
        _time.Advance(Valid - TimeSpan.FromMilliseconds(1));
        var again = await AskAsync(request);
        Assert.Equal((AuthStatus.Accepted, true, Attempts.Secret), (again.Status, again.IsCached, Attempts.Text(again.UpstreamCredentials!.Secret)));
        Assert.Single(_server.Requests);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False((await AskAsync(request)).IsCached);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Without_the_directive_every_login_is_asked_about()
    {
        var request = Attempts.Make(_log, url: $"127.0.0.1:{_server.Port}");
        await AskAsync(request);
        await AskAsync(request);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Another_password_client_or_header_is_another_login()
    {
        var first = Make();
        await AskAsync(first);
        AuthRequest[] others =
        [
            Like(first, secret: "other"),
            Like(first, client: IPAddress.Parse("127.0.0.9")),
            Like(first, protocol: "pop3"),
            Like(first, attempt: 2),
        ];
        foreach (var other in others) Assert.False((await AskAsync(other)).IsCached);
        Assert.True((await AskAsync(Like(first) with { TraceParent = "00-1-2-01" })).IsCached);
        Assert.Equal(1 + others.Length, _server.Requests.Count);
    }

    [Theory]
    [InlineData("Auth-Status: no")]
    [InlineData("Auth-Status: WAIT")]
    [InlineData("X: y")]
    public async Task Only_success_is_remembered(string header)
    {
        await using var server = RawAuthServer.Answering($"HTTP/1.1 200 OK\r\n{header}\r\n\r\n");
        var request = Attempts.Make(_log, url: $"127.0.0.1:{server.Port}", cacheValid: Valid);
        await AskAsync(request);
        await AskAsync(request);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_digest_is_never_remembered()
    {
        var request = Attempts.Make(_log, url: $"127.0.0.1:{_server.Port}", protocol: "smtp", method: AuthMethod.CramMd5, salt: "<1.2@x>", cacheValid: Valid);
        await AskAsync(request);
        await AskAsync(request);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task A_login_that_the_upstream_refused_is_forgotten()
    {
        var request = Make();
        (await AskAsync(request)).Forget!();
        var second = await AskAsync(request);
        Assert.False(second.IsCached);
        (await AskAsync(request)).Forget!();
        await AskAsync(request);
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Another_configuration_begins_with_nothing()
    {
        await AskAsync(Make());
        Assert.False((await AskAsync(Make())).IsCached);
    }

    [Fact]
    public async Task The_oldest_makes_room()
    {
        var first = Make();
        var servers = await _client.ResolveAsync(first.Options, CancellationToken.None);
        var accepted = new AuthResult { Status = AuthStatus.Accepted };
        var keys = Enumerable.Range(0, AuthCache.Most + 1).Select(i => $"{i}").ToList();
        foreach (var key in keys) servers.Cache!.Add(key, first, accepted);
        Assert.Null(servers.Cache!.Find(keys[0], first));
        Assert.NotNull(servers.Cache.Find(keys[1], first));
        Assert.NotNull(servers.Cache.Find(keys[^1], first));
    }

    [Fact]
    public async Task The_clients_password_is_not_kept()
    {
        var request = Make();
        var servers = await _client.ResolveAsync(request.Options, CancellationToken.None);
        Assert.DoesNotContain(Attempts.Secret, AuthCache.KeyOf(request, servers)!, StringComparison.Ordinal);
        servers.Cache!.Add("k", request, new AuthResult { Status = AuthStatus.Accepted, Login = [1], UpstreamCredentials = new Credentials(AuthMethod.Plain, [1], request.Credentials.Secret) });
        var later = Like(request, secret: "as it is sent later");
        Assert.Same(later.Credentials.Secret, servers.Cache.Find("k", later)!.UpstreamCredentials!.Secret);
    }

    private AuthRequest Make() => Attempts.Make(_log, url: $"127.0.0.1:{_server.Port}", cacheValid: Valid);

    private AuthRequest Like(AuthRequest other, string secret = Attempts.Secret, IPAddress? client = null, string protocol = "imap", int attempt = 1) => new()
    {
        Options = other.Options,
        Protocol = Values.Protocol(protocol),
        Credentials = new Credentials(AuthMethod.Plain, other.Credentials.Login, Attempts.Bytes(secret)),
        Attempt = attempt,
        Client = new IPEndPoint(client ?? IPAddress.Loopback, 51438),
        Local = other.Local,
        Log = _log,
    };

    private async Task<AuthResult> AskAsync(AuthRequest request) => await _client.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
}
