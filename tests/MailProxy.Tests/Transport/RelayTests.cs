using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using MailProxy.Transport.Features;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Transport;

/// <summary>What every relay does, over real sockets.</summary>
public abstract class RelayTests
{
    private const int Megabyte = 1024 * 1024;

    [Theory]
    [InlineData(AddressFamily.InterNetwork, null, 4096)]
    [InlineData(AddressFamily.InterNetworkV6, null, 65536)]
    [InlineData(AddressFamily.Unix, null, 4096)]
    [InlineData(AddressFamily.InterNetwork, 2304, 1000)]
    public async Task Every_byte_arrives_both_ways_at_once(AddressFamily family, int? socketBuffer, int relayBuffer)
    {
        var size = socketBuffer is null ? 20 * Megabyte : Megabyte;
        await using var sockets = await ConnectAsync(family, buffer: socketBuffer);
        await sockets.CarryBothWaysAsync(size, RelayedSockets.Options with { UpstreamBuffer = relayBuffer, ClientBuffer = relayBuffer });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_does_not_read_stops_the_other_one(bool clientStalls)
    {
        await using var sockets = await ConnectAsync(buffer: 32 * 1024);
        var relay = sockets.RelayAsync();
        var (sender, stalled) = clientStalls ? (sockets.Upstream, sockets.Client) : (sockets.Client, sockets.Upstream);
        var accepted = 0L;
        sender.Blocking = false;
        // Writable again only once the proxy has taken bytes; silence of a second means that it does not. The kernel alone
        // holds some megabytes: what a socket takes beyond its buffer depends on the segments.
        while (sender.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite))
        {
            accepted += sender.Send(new byte[10_000], SocketFlags.None, out _);
            Assert.InRange(accepted, 0, 8 * Megabyte);
        }

        sender.Blocking = true;
        sender.Shutdown(SocketShutdown.Send);
        Assert.Equal(accepted, (await stalled.ReceiveRandomAsync(1, accepted)).Count);
        if (!clientStalls) await sockets.Upstream.ExpectEndAsync();
        sockets.Upstream.Dispose();
        Assert.Equal(clientStalls ? RelayEnd.UpstreamClosed : RelayEnd.ClientClosed, (await relay).End);
    }

    [Fact]
    public async Task A_client_that_has_ended_its_side_still_gets_the_answer()
    {
        await using var sockets = await ConnectAsync();
        var relay = sockets.RelayAsync();
        await sockets.Client.SayAsync("QUIT\r\n");
        sockets.Client.Shutdown(SocketShutdown.Send);
        await sockets.Upstream.ExpectAsync("QUIT\r\n");
        await sockets.Upstream.ExpectEndAsync();
        await sockets.Upstream.SayAsync("221 bye\r\n");
        sockets.Upstream.Dispose();
        Assert.Equal(new RelayResult(RelayEnd.ClientClosed, 6, 9), await relay);
        await sockets.CloseAsync();
        await sockets.Client.ExpectAsync("221 bye\r\n");
        await sockets.Client.ExpectEndAsync();
    }

    [Fact]
    public async Task What_an_upstream_sent_before_it_closed_is_delivered_whole()
    {
        await using var sockets = await ConnectAsync(buffer: 32 * 1024);
        var relay = sockets.RelayAsync();
        var sending = sockets.Upstream.SendRandomAsync(3 * Megabyte, 1);
        var receiving = sockets.Client.ReceiveRandomAsync(2);
        var hash = await sending;
        sockets.Upstream.Dispose();
        Assert.Equal(new RelayResult(RelayEnd.UpstreamClosed, 0, 3 * Megabyte), await relay);
        await sockets.CloseAsync();
        Assert.Equal((3 * Megabyte, hash), await receiving);
    }

    [Fact]
    public async Task A_last_reply_arrives_though_the_upstream_takes_nothing_more()
    {
        await using var sockets = await ConnectAsync(buffer: 32 * 1024);
        var relay = sockets.RelayAsync();
        await sockets.Client.SayAsync("more than is read");
        await sockets.Upstream.ExpectAsync("more");
        await sockets.Upstream.SayAsync("552 too much\r\n");
        sockets.Upstream.Dispose();                       // with bytes unread: a reset follows the reply
        Assert.Equal(14, (await relay).BytesFromUpstream);
        await sockets.CloseAsync();
        await sockets.Client.ExpectAsync("552 too much\r\n");
        await sockets.Client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_reset_by_the_client_is_its_error()
    {
        await using var sockets = await ConnectAsync();
        var relay = sockets.RelayAsync();
        await sockets.Client.SayAsync("x");
        await sockets.Upstream.ExpectAsync("x");
        sockets.Client.Reset();
        var result = await relay;
        Assert.Equal((RelayEnd.ClientError, 1, SocketError.ConnectionReset), (result.End, result.BytesFromClient, SocketErrorOf(result)));
        await sockets.CloseAsync();
        await sockets.Upstream.ExpectEndAsync();
    }

    [Fact]
    public async Task A_reset_by_the_upstream_is_its_error()
    {
        await using var sockets = await ConnectAsync();
        var relay = sockets.RelayAsync();
        await sockets.Upstream.SayAsync("x");
        await sockets.Client.ExpectAsync("x");
        sockets.Upstream.Reset();
        var result = await relay;
        Assert.Equal((RelayEnd.UpstreamError, 1, SocketError.ConnectionReset), (result.End, result.BytesFromUpstream, SocketErrorOf(result)));
        await sockets.CloseAsync();
        await sockets.Client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_client_that_resets_while_much_is_sent_to_it_ends_the_relay()
    {
        await using var sockets = await ConnectAsync(buffer: 32 * 1024);
        var relay = sockets.RelayAsync();
        var sending = sockets.Upstream.SendRandomAsync(5 * Megabyte, 1);
        await sockets.Client.ReceiveRandomAsync(2, 100_000);
        sockets.Client.Reset();
        Assert.Contains((await relay).End, new[] { RelayEnd.ClientError, RelayEnd.ClientClosed });
        await sockets.CloseAsync();
        await Assert.ThrowsAnyAsync<SocketException>(() => sending);
    }

    [Fact]
    public async Task Stopping_ends_it_at_once_and_leaves_no_read_behind()
    {
        await using var sockets = await ConnectAsync();
        var relay = sockets.RelayAsync();
        await sockets.Client.SayAsync("x");
        await sockets.Upstream.ExpectAsync("x");
        sockets.Stop();
        Assert.Equal(new RelayResult(RelayEnd.Stopped, 1, 0), await relay);

        await sockets.Client.SayAsync("y");
        await sockets.Upstream.SayAsync("z");
        Assert.Equal("y", await ReadAsync(sockets.FromClient.Transport.Input));
        Assert.Equal("z", await ReadAsync(sockets.ToUpstream.Transport.Input));
    }

    [Fact]
    public async Task Stopping_ends_it_while_both_peers_stall()
    {
        await using var sockets = await ConnectAsync(buffer: 16 * 1024);
        var relay = sockets.RelayAsync();
        var up = sockets.Client.SendRandomAsync(Megabyte, 1);
        var down = sockets.Upstream.SendRandomAsync(Megabyte, 2);
        await sockets.Client.ReceiveRandomAsync(3, 1000);
        await sockets.Upstream.ReceiveRandomAsync(4, 1000);
        sockets.Stop();
        Assert.Equal(RelayEnd.Stopped, (await relay).End);
        sockets.FromClient.Abort();
        sockets.ToUpstream.Abort();
        await Assert.ThrowsAnyAsync<SocketException>(() => up);
        await Assert.ThrowsAnyAsync<SocketException>(() => down);
    }

    [Fact]
    public async Task Traffic_of_either_side_keeps_it_alive()
    {
        var time = new FakeTimeProvider();
        await using var sockets = await ConnectAsync(time: time);
        var relay = sockets.RelayAsync(RelayedSockets.Options with { IdleTimeout = TimeSpan.FromSeconds(100) });
        for (var round = 0; round < 3; round++)
        {
            time.Advance(TimeSpan.FromSeconds(60));
            await sockets.Client.SayAsync("x");
            await sockets.Upstream.ExpectAsync("x");
            time.Advance(TimeSpan.FromSeconds(60));
            await sockets.Upstream.SayAsync("y");
            await sockets.Client.ExpectAsync("y");
        }

        Assert.False(relay.IsCompleted);
        await PassAsync(sockets, time, relay);
        Assert.Equal(new RelayResult(RelayEnd.TimedOut, 3, 3), await relay);
    }

    [Fact]
    public async Task An_upstream_that_has_no_answer_for_a_client_that_ended_is_not_waited_for_for_ever()
    {
        var time = new FakeTimeProvider();
        await using var sockets = await ConnectAsync(time: time);
        var relay = sockets.RelayAsync();
        sockets.Client.Shutdown(SocketShutdown.Send);
        await sockets.Upstream.ExpectEndAsync();
        Assert.False(relay.IsCompleted);
        var second = TimeSpan.FromSeconds(1);
        time.Advance(RelayedSockets.Options.DrainTimeout - second);
        await sockets.TurnAsync();
        Assert.False(relay.IsCompleted);
        time.Advance(2 * second);
        await sockets.TurnAsync();
        Assert.Equal(new RelayResult(RelayEnd.ClientClosed, 0, 0), await relay);
    }

    [Fact]
    public async Task A_token_that_has_fired_ends_it_once()
    {
        await using var sockets = await ConnectAsync();
        await sockets.Client.SayAsync("x");
        sockets.Stop();
        Assert.Equal(RelayEnd.Stopped, (await sockets.RelayAsync()).End);
        await sockets.CloseAsync();
        await sockets.Upstream.ExpectEndAsync();
        await sockets.Client.ExpectEndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_close_whose_last_bytes_are_not_taken_ends_by_its_limit(bool towardsClient)
    {
        var time = new FakeTimeProvider();
        await using var sockets = await ConnectAsync(time: time, buffer: 16 * 1024);
        var connection = towardsClient ? sockets.FromClient : sockets.ToUpstream;
        var flushing = await sockets.OnLoopAsync(() => Task.FromResult(connection.Transport.Output.WriteAsync(new byte[32 * Megabyte]).AsTask()));
        var closing = connection.DisposeAsync().AsTask();
        for (var second = 0; second < 13 && !closing.IsCompleted; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await sockets.TurnAsync();
            await Task.Yield();
        }

        await closing.WaitAsync(RelayedSockets.Deadline);
        await Task.WhenAny(flushing).WaitAsync(RelayedSockets.Deadline);
        GC.KeepAlive(flushing.Exception);
    }

    [Fact]
    public async Task Time_that_is_over_ends_both_sides_in_order()
    {
        var time = new FakeTimeProvider();
        await using var sockets = await ConnectAsync(time: time);
        var relay = sockets.RelayAsync(RelayedSockets.Options with { IdleTimeout = TimeSpan.FromSeconds(100) });
        await PassAsync(sockets, time, relay);
        Assert.Equal(RelayEnd.TimedOut, (await relay).End);
        await sockets.CloseAsync();
        await sockets.Client.ExpectEndAsync();
        await sockets.Upstream.ExpectEndAsync();
    }

    [Fact]
    public async Task Bytes_that_the_readers_still_hold_go_first()
    {
        await using var sockets = await ConnectAsync();
        await sockets.Client.SayAsync("a LOGIN\r\nb NOOP\r\n");
        await sockets.Upstream.SayAsync("a OK\r\n* 3 EXISTS\r\n");
        await TakeLineAsync(sockets.FromClient.Transport.Input);
        await TakeLineAsync(sockets.ToUpstream.Transport.Input);
        _ = sockets.RelayAsync();
        await sockets.Upstream.ExpectAsync("b NOOP\r\n");
        await sockets.Client.ExpectAsync("* 3 EXISTS\r\n");
    }

    [Fact]
    public async Task A_wake_meant_for_somebody_before_it_does_not_end_it()
    {
        await using var sockets = await ConnectAsync();
        sockets.FromClient.Transport.Input.CancelPendingRead();
        var relay = sockets.RelayAsync();
        await sockets.Client.SayAsync("x");
        await sockets.Upstream.ExpectAsync("x");
        Assert.False(relay.IsCompleted);
    }

    private protected abstract Task<RelayedSockets> ConnectAsync(AddressFamily family = AddressFamily.InterNetwork, TimeProvider? time = null, int? buffer = null);

    private static SocketError? SocketErrorOf(RelayResult result) => (result.Error?.GetBaseException() as SocketException)?.SocketErrorCode;

    /// <summary>Turns the clock until the relay has ended.</summary>
    private static async Task PassAsync(RelayedSockets sockets, FakeTimeProvider time, Task relay)
    {
        for (var second = 0; second < 3600 && !relay.IsCompleted; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await sockets.TurnAsync();
            await Task.Yield();
        }
    }

    private protected static async Task<string> ReadAsync(PipeReader input)
    {
        using var cancel = new CancellationTokenSource(RelayedSockets.Deadline);
        var result = await input.ReadAsync(cancel.Token);
        if (result.IsCanceled)                            // the wake that ended the relay
        {
            input.AdvanceTo(result.Buffer.Start);
            result = await input.ReadAsync(cancel.Token);
        }

        var text = System.Text.Encoding.Latin1.GetString(result.Buffer.ToArray());
        input.AdvanceTo(result.Buffer.End);
        return text;
    }

    private static async Task TakeLineAsync(PipeReader input)
    {
        using var cancel = new CancellationTokenSource(RelayedSockets.Deadline);
        while (true)
        {
            var result = await input.ReadAsync(cancel.Token);
            // Both lines are to be there, so that the second is one that the reader holds.
            if (result.Buffer.Length < 10)
            {
                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            input.AdvanceTo(result.Buffer.GetPosition(1, result.Buffer.PositionOf((byte)'\n')!.Value));
            return;
        }
    }
}
