using MailProxy.Authentication;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Authentication;

public sealed class AuthHttpKeepaliveTests
{
    private const string Kept = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: 143\r\n\r\n";

    private readonly CountedConnections _connections = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _log = new();

    [Fact]
    public async Task One_connection_carries_several_questions()
    {
        await using var server = Keeping(Kept + "body");
        using var client = NewClient();
        for (var attempt = 1; attempt <= 3; attempt++) await AskAsync(client, server);
        Assert.Equal((3, 1, 0), (server.Requests.Count, _connections.Made, _connections.Disposed));
        Assert.All(server.Requests, text => Assert.StartsWith("GET / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\nAuth-Method: plain\r\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_whose_body_comes_late_waits_for_it()
    {
        var (mayEnd, hasEnded) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(Kept + "bo");
            await mayEnd.WaitAsync(peer.Stopped);
            await peer.WriteAsync("dy");
            hasEnded.Release();
            while (await peer.ReadRequestAsync()) await peer.WriteAsync(Kept + "body");
        });
        using var client = NewClient();
        await AskAsync(client, server);
        await AskAsync(client, server);
        Assert.Equal((2, 0), (_connections.Made, _connections.Disposed));
        mayEnd.Release(2);
        for (var ended = 0; ended < 2; ended++) Assert.True(await hasEnded.WaitAsync(Attempts.Deadline));
        await AskAsync(client, server);
        Assert.Equal((2, 0), (_connections.Made, _connections.Disposed));
    }

    [Fact]
    public async Task A_body_that_was_announced_and_never_comes_takes_no_answer_away()
    {
        await using var server = Keeping(Kept.Replace("Content-Length: 4", "Content-Length: 1000000", StringComparison.Ordinal));
        using var client = NewClient();
        for (var attempt = 1; attempt <= 3; attempt++) await AskAsync(client, server);
        Assert.Equal((3, 1), (_connections.Made, _connections.Disposed));
    }

    [Fact]
    public async Task What_comes_behind_an_answer_is_none_to_the_next_question()
    {
        var (mayGoOn, isSent) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(Kept + "body");
            await mayGoOn.WaitAsync(peer.Stopped);
            await peer.WriteAsync(Kept.Replace("Auth-Port: 143", "Auth-Port: 666", StringComparison.Ordinal) + "body");
            isSent.Release();
            await peer.WaitForCloseAsync();
        });
        using var client = NewClient();
        await AskAsync(client, server);
        mayGoOn.Release();
        Assert.True(await isSent.WaitAsync(Attempts.Deadline));
        Assert.Equal("127.0.0.1:143", (await TryAskAsync(client, server)).Upstream?.ToString());
        Assert.Equal((2, 1), (_connections.Made, _connections.Disposed));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: many\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n")]
    public async Task A_connection_whose_end_of_answer_is_not_known_is_not_used_again(string head)
    {
        await using var server = RawAuthServer.Answering(head + "Auth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: 143\r\n\r\n");
        using var client = NewClient();
        await AskAsync(client, server);
        await AskAsync(client, server);
        Assert.Equal((2, 2), (_connections.Made, _connections.Disposed));
    }

    [Fact]
    public async Task More_body_than_was_announced_ends_the_connection()
    {
        await using var server = RawAuthServer.Answering(Kept + "too long");
        using var client = NewClient();
        await AskAsync(client, server);
        Assert.Equal((1, 1), (_connections.Made, _connections.Disposed));
    }

    [Fact]
    public async Task A_kept_connection_that_is_dead_is_replaced_without_a_word()
    {
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(Kept + "body");
        });
        using var client = NewClient();
        for (var attempt = 1; attempt <= 3; attempt++) await AskAsync(client, server);
        Assert.Equal((3, 2), (_connections.Made, _connections.Disposed));
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_asked_for_twice()
    {
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(Kept + "body");
            await peer.ReadRequestAsync();
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nAuth-St");
        });
        using var client = NewClient();
        await AskAsync(client, server);
        Assert.Equal(AuthStatus.Unavailable, (await TryAskAsync(client, server)).Status);
        Assert.Equal((2, 1, 1), (server.Requests.Count, _connections.Made, _connections.Disposed));
    }

    [Fact]
    public async Task An_idle_connection_is_closed_after_a_minute()
    {
        var closed = new TaskCompletionSource();
        await using var server = RawAuthServer.Running(async peer =>
        {
            await peer.ReadRequestAsync();
            await peer.WriteAsync(Kept + "body");
            await peer.WaitForCloseAsync();
            closed.SetResult();
        });
        using var client = NewClient();
        await AskAsync(client, server);
        for (var seconds = 0; seconds < 50; seconds += 10) _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _connections.Disposed);
        _time.Advance(TimeSpan.FromSeconds(10));
        await closed.Task.WaitAsync(Attempts.Deadline);
    }

    [Fact]
    public async Task The_one_that_was_idle_longest_makes_room()
    {
        await using var server = RawAuthServer.Running(peer => peer.WaitForCloseAsync());
        using var kept = new KeptConnections(_time);
        var made = new List<Microsoft.AspNetCore.Connections.ConnectionContext>();
        for (var i = 0; i < 3; i++)
        {
            made.Add(await _connections.ConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, server.Port)));
            kept.Keep(new KeptConnection(made[i], Unread: 0), most: 2);
        }

        Assert.Equal(1, _connections.Disposed);
        Assert.True(kept.TryTake(out var last) && last.Connection == made[2]);
        Assert.True(kept.TryTake(out var first) && first.Connection == made[1]);
        Assert.False(kept.TryTake(out _));
        await last.Connection.DisposeAsync();
        await first.Connection.DisposeAsync();
    }

    private static RawAuthServer Keeping(string answer) => RawAuthServer.Running(async peer =>
    {
        while (await peer.ReadRequestAsync()) await peer.WriteAsync(answer);
    });

    private AuthHttpClient NewClient() => new(_connections, _time);

    private async Task AskAsync(AuthHttpClient client, RawAuthServer server) =>
        Assert.Equal(AuthStatus.Accepted, (await TryAskAsync(client, server)).Status);

    private async Task<AuthResult> TryAskAsync(AuthHttpClient client, RawAuthServer server)
    {
        var request = Attempts.Make(_log, url: $"localhost:{server.Port}", keepalive: 2);
        return await client.AuthenticateAsync(request, CancellationToken.None).AsTask().WaitAsync(Attempts.Deadline);
    }
}
