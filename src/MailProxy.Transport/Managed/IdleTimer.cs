namespace MailProxy.Transport.Managed;

/// <summary>Runs out when nothing has happened for a time. An event stores a timestamp; the one timer puts itself off.</summary>
internal sealed class IdleTimer(TimeProvider time, Action expired) : IDisposable
{
    // Timers of the system cannot wait longer than 49 days; waking once a day costs nothing.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private ITimer? _timer;
    private TimeSpan _limit = Timeout.InfiniteTimeSpan;
    private long _last;

    /// <summary>Something has happened.</summary>
    public void Touch() => Volatile.Write(ref _last, time.GetTimestamp());

    /// <summary>Begins to wait, from now, with this limit.</summary>
    public void Start(TimeSpan limit)
    {
        lock (_gate)
        {
            Touch();
            _limit = limit;
            if (_timer is null) _timer = time.CreateTimer(static self => ((IdleTimer)self!).OnWake(), this, Sleep(limit), Timeout.InfiniteTimeSpan);
            else _timer.Change(Sleep(limit), Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_gate) _timer?.Dispose();
    }

    // In whole milliseconds, as timers count, rounded up: a timer that wakes too early would only wake again.
    private static TimeSpan Sleep(TimeSpan left) =>
        left >= LongestSleep ? LongestSleep : TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(left.TotalMilliseconds)));

    private void OnWake()
    {
        lock (_gate)
        {
            var left = _limit - time.GetElapsedTime(Volatile.Read(ref _last));
            if (left > TimeSpan.Zero)
            {
                _timer!.Change(Sleep(left), Timeout.InfiniteTimeSpan);
                return;
            }
        }

        expired();
    }
}
