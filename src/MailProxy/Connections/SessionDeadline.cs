namespace MailProxy.Connections;

/// <summary>
/// The one timer of a session. Arming stores a time; the timer puts itself off when it wakes too early, so that
/// only a nearer deadline costs a system timer.
/// </summary>
internal sealed class SessionDeadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action _expired;
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private long _due = long.MaxValue;
    private long _wakeAt = long.MaxValue;

    /// <param name="time">The clock.</param>
    /// <param name="expired">Called once when a deadline passes, on a thread of the clock's.</param>
    public SessionDeadline(TimeProvider time, Action expired)
    {
        _time = time;
        _expired = expired;
    }

    /// <summary>Replaces the deadline by one <paramref name="after"/> from now.</summary>
    public void Arm(TimeSpan after)
    {
        lock (_gate)
        {
            _due = _time.GetTimestamp() + (long)(after.TotalSeconds * _time.TimestampFrequency);
            if (_due < _wakeAt) Sleep();
        }
    }

    /// <summary>No deadline until the next <see cref="Arm"/>.</summary>
    /// <returns>What was left of it; zero where it has passed, or was none.</returns>
    public TimeSpan Disarm()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var left = _due == long.MaxValue || _due < now ? TimeSpan.Zero : _time.GetElapsedTime(now, _due);
            _due = long.MaxValue;
            return left;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _due = long.MaxValue;
            _timer?.Dispose();
        }
    }

    private void Sleep()
    {
        _wakeAt = _due;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), _due);
        if (wait < TimeSpan.Zero) wait = TimeSpan.Zero;
        wait += TimeSpan.FromMilliseconds(1);                 // timers may fire a little early; waking twice costs more
        if (_timer is null) _timer = _time.CreateTimer(static self => ((SessionDeadline)self!).OnWake(), this, wait, Timeout.InfiniteTimeSpan);
        else _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnWake()
    {
        lock (_gate)
        {
            _wakeAt = long.MaxValue;
            if (_due == long.MaxValue) return;
            if (_due > _time.GetTimestamp())
            {
                Sleep();
                return;
            }

            _due = long.MaxValue;
        }

        _expired();
    }
}
