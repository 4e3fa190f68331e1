using System.Diagnostics;
using MailProxy.Transport.Linux;

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
}
