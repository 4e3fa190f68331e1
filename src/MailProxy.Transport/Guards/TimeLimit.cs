namespace MailProxy.Transport.Guards;

/// <summary>A token that fires when a time is over, or with another token: one source and one timer, where linked sources are three objects more.</summary>
internal sealed class TimeLimit : IDisposable
{
    // Never disposed of: it has no timer of its own, and the limit's may be firing on another thread.
    private readonly CancellationTokenSource _source = new();
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _stop;

    /// <param name="limit">From now on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Fires it earlier.</param>
    public TimeLimit(TimeSpan limit, TimeProvider time, CancellationToken stop)
    {
        _timer = time.CreateTimer(static self => ((TimeLimit)self!).Expire(), this, limit, Timeout.InfiniteTimeSpan);
        _stop = stop.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Whether the time was over before it was disposed of.</summary>
    public bool HasExpired { get; private set; }

    /// <summary>From now on only the other token fires it.</summary>
    public void Lift() => _timer.Dispose();

    public void Dispose()
    {
        _stop.Dispose();
        _timer.Dispose();
    }

    private void Expire()
    {
        HasExpired = true;
        _source.Cancel();
    }
}
