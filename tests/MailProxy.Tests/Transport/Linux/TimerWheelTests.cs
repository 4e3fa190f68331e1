using CsCheck;
using MailProxy.Transport.Linux.Loop;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Transport.Linux;

public sealed class TimerWheelTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Timers_fire_once_within_two_ticks_and_never_early() =>
        Gen.Int[0, 200_000].Array[1, 40].Select(Gen.Int[1, 5_000].Array[1, 60]).Sample((delays, steps) =>
        {
            var time = new FakeTimeProvider();
            var wheel = new TimerWheel(time, (_, _) => { });
            var timers = delays.Select(delay => new Recorder(time, delay)).ToList();
            foreach (var timer in timers) wheel.Set(timer, TimeSpan.FromMilliseconds(timer.Delay));
            foreach (var step in steps) Step(time, wheel, step);
            Step(time, wheel, 400_000);
            foreach (var timer in timers) Assert.Equal(1, timer.Fired);
            Assert.Equal(-1, wheel.MillisecondsToNext());
        });

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(86_400_000)]
    public void The_loop_sleeps_until_something_is_due(int delay)
    {
        var wheel = new TimerWheel(_time, (_, _) => { });
        var timer = new Recorder(_time, delay);
        wheel.Set(timer, TimeSpan.FromMilliseconds(delay));
        var wakes = 0;
        for (; timer.Fired == 0; wakes++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(Math.Max(1, wheel.MillisecondsToNext())));
            wheel.Advance();
        }

        Assert.InRange(wakes, 1, 8);
        Assert.InRange((_time.GetUtcNow() - timer.Set).TotalMilliseconds, delay, delay + 2 * TimerWheel.TickMilliseconds);
    }

    [Fact]
    public void A_cleared_timer_never_fires_and_one_that_is_set_again_fires_at_its_new_time()
    {
        var wheel = new TimerWheel(_time, (_, _) => { });
        var cleared = new Recorder(_time, 1000);
        var moved = new Recorder(_time, 3000);
        wheel.Set(cleared, TimeSpan.FromSeconds(1));
        wheel.Set(moved, TimeSpan.FromSeconds(1));
        wheel.Clear(cleared);
        wheel.Clear(cleared);
        wheel.Set(moved, TimeSpan.FromSeconds(3));
        Step(_time, wheel, 2000);
        Assert.Equal(0, moved.Fired);
        Step(_time, wheel, 2000);
        Assert.Equal((0, 1), (cleared.Fired, moved.Fired));
    }

    private static void Step(FakeTimeProvider time, TimerWheel wheel, int milliseconds)
    {
        var end = time.GetUtcNow() + TimeSpan.FromMilliseconds(milliseconds);
        while (wheel.MillisecondsToNext() is var next && next >= 0 && time.GetUtcNow() + TimeSpan.FromMilliseconds(next) <= end)
        {
            time.Advance(TimeSpan.FromMilliseconds(Math.Max(1, next)));
            wheel.Advance();
        }

        if (end > time.GetUtcNow()) time.Advance(end - time.GetUtcNow());
        wheel.Advance();
    }

    private sealed class Recorder(FakeTimeProvider time, int delay) : LoopTimer
    {
        public int Delay => delay;

        public DateTimeOffset Set { get; } = time.GetUtcNow();

        public int Fired { get; private set; }

        public override void Fire()
        {
            Fired++;
            Assert.True((time.GetUtcNow() - Set).TotalMilliseconds >= delay, "early");
            Assert.True((time.GetUtcNow() - Set).TotalMilliseconds <= delay + 2 * TimerWheel.TickMilliseconds + 1, $"late: {(time.GetUtcNow() - Set).TotalMilliseconds} for {delay}");
        }
    }
}
