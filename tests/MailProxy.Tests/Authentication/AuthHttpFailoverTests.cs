using System.Net;
using System.Net.Sockets;
using MailProxy.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Authentication;

/// <summary>Several <c>auth_http</c> on one level.</summary>
public sealed class AuthHttpFailoverTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _log = new();
    private readonly CountedConnections _connections = new();
    private readonly RawAuthServer _good = RawAuthServer.Answering(RawAuthServer.Accept);
    private readonly Socket _refusing = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly AuthHttpClient _client;

    public AuthHttpFailoverTests()
    {
        _refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _client = new AuthHttpClient(_connections, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _refusing.Dispose();
        _client.Dispose();
        await _good.DisposeAsync();
    }

    [Fact]
    public async Task The_next_is_asked_where_one_refuses_the_connection_and_the_log_says_which()
    {
        Assert.Equal(AuthStatus.Accepted, (await AskAsync(Attempts.Make(_log, url: $"{_refusing.LocalEndPoint} 127.0.0.1:{_good.Port}"))).Status);
        Assert.EndsWith($"auth http server {_refusing.LocalEndPoint} gave no usable answer, asking 127.0.0.1:{_good.Port}", _log.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nAuth-Status: OK\r\nAuth-Server: not/a/host\r\nAuth-Port: 143\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded\r\n\r\n")]
    [InlineData("")]
    public async Task The_next_is_asked_where_one_gives_no_usable_answer(string answer)
    {
        await using var broken = RawAuthServer.Answering(answer);
        Assert.Equal(AuthStatus.Accepted, (await AskAsync(Attempts.Make(_log, url: $"127.0.0.1:{broken.Port} 127.0.0.1:{_good.Port}"))).Status);
        Assert.Equal((1, 1), (broken.Requests.Count, _good.Requests.Count));
    }

    [Theory]
    [InlineData("Auth-Status: Wrong password", (int)AuthStatus.Rejected)]
    [InlineData("Auth-Status: WAIT", (int)AuthStatus.Wait)]
    public async Task Who_says_no_is_not_overruled(string header, int expected)
    {
        await using var first = RawAuthServer.Answering($"HTTP/1.1 500 x\r\n{header}\r\n\r\n");
        Assert.Equal((AuthStatus)expected, (await AskAsync(Attempts.Make(_log, url: $"127.0.0.1:{first.Port} 127.0.0.1:{_good.Port}"))).Status);
        Assert.Empty(_good.Requests);
    }

    [Fact]
    public async Task One_that_hangs_gets_its_share_of_the_time_and_no_more()
    {
        var asked = new TaskCompletionSource();
        await using var silent = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            asked.TrySetResult();
            await peer.WaitForCloseAsync();
        });
        var asking = _client.AuthenticateAsync(Attempts.Make(_log, url: $"127.0.0.1:{silent.Port} 127.0.0.1:{_good.Port}", overall: TimeSpan.FromSeconds(30)), CancellationToken.None).AsTask();
        await asked.Task.WaitAsync(Attempts.Deadline);
        _time.Advance(TimeSpan.FromSeconds(14.9));
        Assert.False(asking.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(AuthStatus.Accepted, (await asking.WaitAsync(Attempts.Deadline)).Status);
        Assert.Equal((LogLevel.Error, $"auth http server 127.0.0.1:{silent.Port} timed out (110: Connection timed out)"), Assert.Single(_log.Errors));
    }

    [Fact]
    public async Task One_that_failed_is_asked_last_for_ten_seconds()
    {
        await using var broken = RawAuthServer.Answering("HTTP/1.1 500 x\r\n\r\n");
        var request = Attempts.Make(_log, url: $"127.0.0.1:{broken.Port} 127.0.0.1:{_good.Port}");
        await AskAsync(request);
        await AskAsync(request);
        Assert.Equal((1, 2), (broken.Requests.Count, _good.Requests.Count));
        _time.Advance(TimeSpan.FromSeconds(10));
        await AskAsync(request);
        Assert.Equal((2, 3), (broken.Requests.Count, _good.Requests.Count));
    }

    [Fact]
    public async Task Where_all_have_failed_all_are_asked_again()
    {
        await using var first = RawAuthServer.Answering("HTTP/1.1 500 x\r\n\r\n");
        await using var second = RawAuthServer.Answering("HTTP/1.1 500 x\r\n\r\n");
        var request = Attempts.Make(_log, url: $"127.0.0.1:{first.Port} 127.0.0.1:{second.Port}");
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(request)).Status);
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(request)).Status);
        Assert.Equal((2, 2), (first.Requests.Count, second.Requests.Count));
        Assert.Equal(_connections.Made, _connections.Disposed);
    }

    [Fact]
    public async Task A_request_that_cannot_be_written_is_nobodys_failure()
    {
        var envelope = new SmtpEnvelope("h\0"u8.ToArray(), [], []);
        var request = Attempts.Make(_log, url: $"127.0.0.1:{_good.Port} 127.0.0.1:{_good.Port}", protocol: "smtp", method: AuthMethod.None, envelope: envelope);
        Assert.Equal(AuthStatus.Unavailable, (await AskAsync(request)).Status);
        Assert.Empty(_good.Requests);
        Assert.Single(_log.Errors);
    }

    private async Task<AuthResult> AskAsync(AuthRequest request) => await _client.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
}
