using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Transport;

public sealed class LimitedConnectionsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LimitedConnections _connections;

    public LimitedConnectionsTests() => _connections = new LimitedConnections(() => 2, _time);

    [Fact]
    public async Task The_one_that_was_idle_for_longest_makes_room()
    {
        var (first, second, third, fourth) = (await AddAsync(), await AddAsync(), await AddAsync(), await AddAsync());
        Assert.Equal([true, true, false, false], [IsClosed(first), IsClosed(second), IsClosed(third), IsClosed(fourth)]);
        Assert.Equal(2, _connections.Count);
    }

    [Fact]
    public async Task One_that_is_answered_does_not_and_counts_as_idle_from_then_on()
    {
        var (first, second) = (await AddAsync(), await AddAsync());
        Of(first).Begin();
        var third = await AddAsync();
        Assert.Equal([false, true], [IsClosed(first), IsClosed(second)]);

        Of(first).End();
        await AddAsync();
        Assert.Equal([false, true], [IsClosed(first), IsClosed(third)]);
    }

    [Fact]
    public async Task Where_none_is_idle_it_waits_for_an_end()
    {
        var (first, second) = (await AddAsync(), await AddAsync());
        Of(first).Begin();
        Of(second).Begin();
        Of(second).Begin();
        var third = AddAsync();
        Of(second).End();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(third.IsCompleted);           // one of its two requests goes on

        Of(first).Remove();
        await third.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(IsClosed(second));
        Assert.Equal(2, _connections.Count);
    }

    [Fact]
    public async Task One_that_was_just_let_in_has_time_to_ask()
    {
        var (first, second) = (await AddAsync(idle: 0), await AddAsync(idle: 0));
        var third = _connections.AddAsync(new DefaultConnectionContext(), CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(third.IsCompleted);
        Of(first).Begin();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await third.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([false, true], [IsClosed(first), IsClosed(second)]);
    }

    [Fact]
    public async Task One_that_made_room_is_forgotten_whatever_it_does_then()
    {
        var (first, _, third) = (await AddAsync(), await AddAsync(), await AddAsync());
        Of(first).Begin();
        Of(first).End();
        Of(first).Remove();
        Assert.Equal(2, _connections.Count);
        Of(third).Remove();
        Of(third).Remove();
        Assert.Equal(1, _connections.Count);
    }

    [Fact]
    public async Task Waiting_ends_with_the_listener()
    {
        foreach (var connection in new[] { await AddAsync(), await AddAsync() }) Of(connection).Begin();
        using var closing = new CancellationTokenSource();
        var third = _connections.AddAsync(new DefaultConnectionContext(), closing.Token).AsTask();
        await closing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        Assert.Equal(2, _connections.Count);
    }

    private async Task<ConnectionContext> AddAsync(int idle = 1)
    {
        var connection = new Connection();
        _time.Advance(TimeSpan.FromSeconds(idle));
        await _connections.AddAsync(connection, CancellationToken.None);
        return connection;
    }

    private static LimitedConnection Of(ConnectionContext connection) => connection.Features.Get<LimitedConnection>()!;

    private static bool IsClosed(ConnectionContext connection) => ((Connection)connection).IsAborted;

    private sealed class Connection : DefaultConnectionContext
    {
        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
