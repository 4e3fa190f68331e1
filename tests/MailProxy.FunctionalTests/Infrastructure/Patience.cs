using System.Diagnostics;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>How long a test waits for another process before it says what did not happen.</summary>
internal static class Patience
{
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    public static async Task<T> WithinAsync<T>(this Task<T> task, string what, TimeSpan? limit = null)
    {
        try
        {
            return await task.WaitAsync(limit ?? Usual);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {(limit ?? Usual).TotalSeconds} s for {what}.");
        }
    }

    public static async Task WithinAsync(this Task task, string what, TimeSpan? limit = null) =>
        await WithinAsync(WithResultAsync(task), what, limit);

    /// <summary>Asks again and again: for what another process changes without telling.</summary>
    public static Task UntilAsync(Func<bool> condition, Func<string> what, TimeSpan? limit = null) => UntilAsync(() => Task.FromResult(condition()), what, limit);

    /// <inheritdoc cref="UntilAsync(Func{bool}, Func{string}, TimeSpan?)"/>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? limit = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (limit ?? Usual))
                throw new TimeoutException($"Waited {(limit ?? Usual).TotalSeconds} s for {what()}.");
            await Task.Delay(Step, TimeProvider.System);
        }
    }

    private static async Task<bool> WithResultAsync(Task task)
    {
        await task;
        return true;
    }
}
