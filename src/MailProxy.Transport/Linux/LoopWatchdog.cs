namespace MailProxy.Transport.Linux;

/// <summary>Notices when a loop was away: while one session computes or blocks, all others of its loop wait.</summary>
/// <param name="limit">From when on it is told.</param>
/// <param name="away">Told how long, on the loop.</param>
internal sealed class LoopWatchdog(TimeSpan limit, Action<TimeSpan> away)
{
    public void Report(TimeSpan elapsed)
    {
        if (elapsed > limit) away(elapsed);
    }
}
