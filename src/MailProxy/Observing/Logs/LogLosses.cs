using Prometheus;

namespace MailProxy.Observing.Logs;

/// <summary>Counts the lines that one log did not take, and says so in the others: once, until it has taken all again.</summary>
/// <param name="counter">The log's metric; null where nobody counts.</param>
/// <param name="report">Takes what is said, for logs that are not this one.</param>
/// <param name="time">The clock; a log that fails now and then says so once a second at most.</param>
internal sealed class LogLosses(ICounter? counter, Action<string> report, TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private bool _isLosing;
    private long? _saidAt;

    /// <summary>Lines are lost.</summary>
    /// <param name="lines">How many.</param>
    /// <param name="text">What is said where it has not been; null where there is nothing new to say.</param>
    public void Lost(int lines, string? text)
    {
        counter?.Inc(lines);
        lock (_gate)
        {
            if (text is null || _isLosing || (_saidAt is { } saidAt && time.GetElapsedTime(saidAt) < Quiet)) return;
            _isLosing = true;
            _saidAt = time.GetTimestamp();
        }

        report(text);
    }

    /// <summary>All that there was has been taken.</summary>
    public void Recovered()
    {
        if (!Volatile.Read(ref _isLosing)) return;
        lock (_gate) _isLosing = false;
    }
}
