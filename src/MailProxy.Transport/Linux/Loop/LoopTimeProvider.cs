using MailProxy.Transport.Guards;

namespace MailProxy.Transport.Linux.Loop;

/// <summary>The system's clock, whose timers are the loop's where they are made on one: no thread of the pool wakes for them.</summary>
internal sealed class LoopTimeProvider : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (EventLoop.Current is not { } loop || period != Timeout.InfiniteTimeSpan) return GuardedTime.Instance.CreateTimer(callback, state, dueTime, period);
        var timer = new Timer(loop, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(EventLoop loop, TimerCallback callback, object? state) : LoopTimer, ITimer
    {
        private bool _disposed;

        public override void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed) return false;
            if (loop.IsCurrent) Set(dueTime);
            else loop.Post(_ => Set(dueTime), null);
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            if (loop.IsCurrent) loop.Timers.Clear(this);
            else loop.Post(static self => ((Timer)self!).ClearOnLoop(), this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Set(TimeSpan dueTime)
        {
            if (dueTime == Timeout.InfiniteTimeSpan || _disposed) loop.Timers.Clear(this);
            else loop.Timers.Set(this, dueTime);
        }

        private void ClearOnLoop() => loop.Timers.Clear(this);
    }
}
