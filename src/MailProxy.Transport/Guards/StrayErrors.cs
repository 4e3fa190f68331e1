namespace MailProxy.Transport.Guards;

/// <summary>
/// Errors of our own that have no caller: what native libraries, timers and the pool's threads call back must not throw, since
/// that would end the process. It catches, reports here, and ends at most what it belongs to.
/// </summary>
internal static class StrayErrors
{
    /// <summary>Told where it happened, in words that follow "an error of our own in", and what; on any thread.</summary>
    public static event Action<string, Exception>? Reported;

    /// <summary>Never throws.</summary>
    public static void Report(string where, Exception exception)
    {
        try
        {
            Reported?.Invoke(where, exception);
        }
        catch (Exception)
        {
            // The log itself has failed: there is nobody left to tell.
        }
    }

    /// <summary>Lets a task go on alone: how it fails is reported.</summary>
    public static void Forget(this Task task, string where)
    {
        if (!task.IsCompletedSuccessfully) _ = ObserveAsync(task, where);
    }

    private static async Task ObserveAsync(Task task, string where)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Somebody wanted it so.
        }
        catch (Exception exception)
        {
            Report(where, exception);
        }
    }
}
