using System.Diagnostics;
using System.Globalization;
using MailProxy.Configuration;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Tests.Hosting;

/// <summary>A loop that is away is counted and logged.</summary>
public sealed class LoopWatchTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_loop_that_was_away_is_counted_and_logged()
    {
        await using var fixture = new RuntimeFixture();
        await fixture.Runtime.StartAsync(fixture.Options(TransportKind.Linux, 1));
        var before = await CountAsync(fixture);
        Block(fixture.Transport.Loops!.Loops[0], TimeSpan.FromMilliseconds(70));

        Assert.True(await CountAsync(fixture) > before);
        Assert.Contains(fixture.Log, line => line.Contains(": an event loop was away for ", StringComparison.Ordinal) && line.EndsWith(" ms: all sessions on it waited", StringComparison.Ordinal));
        Assert.InRange(await ReadAsync(fixture, "mailproxy_loop_stall_longest_seconds"), 0.07, 20);
        Assert.InRange(await ReadAsync(fixture, "mailproxy_loop_stall_seconds_total"), 0.07, 20);
    }

    [Fact]
    public void Only_turns_longer_than_the_limit_are_told()
    {
        var away = new List<TimeSpan>();
        var watchdog = new LoopWatchdog(TimeSpan.FromMilliseconds(50), away.Add);
        watchdog.Report(TimeSpan.FromMilliseconds(50));
        watchdog.Report(TimeSpan.FromMilliseconds(51));
        Assert.Equal([TimeSpan.FromMilliseconds(51)], away);
    }

    /// <summary>Blocks a loop for at least this long, and waits until it has had another turn.</summary>
    private static void Block(EventLoop loop, TimeSpan time)
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var next = new ManualResetEventSlim();
        loop.Post(_ =>
        {
            entered.Set();
            release.Wait(Deadline, CancellationToken.None);
        }, null);
        Assert.True(entered.Wait(Deadline));
        var began = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(began) > time);
        loop.Post(_ => next.Set(), null);           // in the turn after
        release.Set();
        Assert.True(next.Wait(Deadline));
    }

    private static Task<double> CountAsync(RuntimeFixture fixture) => ReadAsync(fixture, "mailproxy_loop_stalls_total");

    private static async Task<double> ReadAsync(RuntimeFixture fixture, string name) =>
        double.Parse((await fixture.MetricsAsync()).Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..], CultureInfo.InvariantCulture);
}
