using MailProxy.Transport.Guards;

namespace MailProxy.Transport.Linux.Loop;

/// <summary>
/// Notices when a loop was away: while one session computes or blocks, all others of its loop wait. And when something on a
/// loop has thrown that should not. Told on the loop, which goes on whatever becomes of the telling.
/// </summary>
/// <param name="limit">From when on it is told.</param>
/// <param name="away">Told how long.</param>
/// <param name="failed">Told what was thrown; <see cref="StrayErrors"/> where it is null.</param>
internal sealed class LoopWatchdog(TimeSpan limit, Action<TimeSpan> away, Action<Exception>? failed = null)
{
    public void Report(TimeSpan elapsed)
    {
        if (elapsed <= limit) return;
        try
        {
            away(elapsed);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    public void Fail(Exception exception)
    {
        try
        {
            if (failed is null) StrayErrors.Report("a handler of an event loop", exception);
            else failed(exception);
        }
        catch
        {
            // Where the log fails too, nobody is left to be told.
        }
    }
}
