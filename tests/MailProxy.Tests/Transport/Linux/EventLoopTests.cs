using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Loop;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Transport.Linux;

public sealed class EventLoopTests
{
    [Theory]
    [InlineData(49, false)]
    [InlineData(50, false)]
    [InlineData(51, true)]
    public void Only_a_loop_that_was_away_for_longer_than_the_limit_is_told_of(int milliseconds, bool isTold)
    {
        var told = new List<TimeSpan>();
        new LoopWatchdog(TimeSpan.FromMilliseconds(50), told.Add).Report(TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(isTold ? [TimeSpan.FromMilliseconds(milliseconds)] : [], told);
    }

    [Fact]
    public async Task A_session_that_blocks_its_loop_is_told_of()
    {
        var blocked = TimeSpan.FromMilliseconds(120);
        await using var server = await EpollServer.StartAsync(connection =>
        {
            var since = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(since) < blocked) Thread.SpinWait(100);
            return Task.CompletedTask;
        });
        using var client = await server.ConnectAsync();
        await client.ExpectEndAsync();
        // The loop's next turn comes after the report.
        var turned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Transport.Loops[0].Post(_ => turned.SetResult(), null);
        await turned.Task.WaitAsync(RelayedSockets.Deadline);
        Assert.Contains(server.Away, away => away >= blocked);
    }

    [Fact]
    public async Task A_loop_that_ends_itself_is_no_loop_for_what_comes_after()
    {
        var first = new EpollTransport(1, TimeProvider.System, new LoopWatchdog(TimeSpan.MaxValue, _ => { }));
        using var second = new EpollTransport(1, TimeProvider.System, new LoopWatchdog(TimeSpan.MaxValue, _ => { }));
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var connecting = new TaskCompletionSource<Task<ConnectionContext>>(TaskCreationOptions.RunContinuationsAsynchronously);
        first.Loops[0].Post(
            _ =>
            {
                first.Dispose();
                Assert.Null(EventLoop.Current);
                connecting.SetResult(second.ConnectAsync(listener.LocalEndPoint!).AsTask());
            },
            null);
        await using var connection = await (await connecting.Task.WaitAsync(RelayedSockets.Deadline)).WaitAsync(RelayedSockets.Deadline);
        Assert.Same(second.Loops[0], ((EpollConnection)connection).Loop);
    }
}
