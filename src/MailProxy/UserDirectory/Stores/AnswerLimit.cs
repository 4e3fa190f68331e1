using System.Globalization;

namespace MailProxy.UserDirectory.Stores;

/// <summary>An answer that has to come within a time, whatever those who are asked make of it: libraries wait for what they have cancelled.</summary>
internal static class AnswerLimit
{
    /// <summary>How long a directory server may take.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);

    /// <param name="ask">Asks. Its token fires where nobody waits any longer, on no event loop.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The session is being closed, or has no time left.</param>
    /// <exception cref="PassdbException">The time is over.</exception>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> ask, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var stop = new CancellationTokenSource();
        var answer = ask(stop.Token).AsTask();
        try
        {
            return await answer.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException) when (!answer.IsFaulted)
        {
            return answer.IsCompleted ? await answer : throw new PassdbException(string.Create(CultureInfo.InvariantCulture, $"no answer within {limit.TotalSeconds} s"));
        }
        finally
        {
            _ = EndAsync(stop, answer);
        }
    }

    /// <summary>Whoever is still asked is told that nobody waits, and what he says is heard to its end.</summary>
    private static async Task EndAsync(CancellationTokenSource stop, Task answer)
    {
        if (!answer.IsCompleted) await stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }
}
