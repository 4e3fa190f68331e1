using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores;

/// <summary>
/// Whether one passdb can be asked: looked at every second, apart from the logins, so that whoever wants to know, however
/// often, is told at once and costs nothing. A change is logged.
/// </summary>
internal sealed class PassdbWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IPassdb _passdb;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private Task<string?> _check = Task.FromResult<string?>(null);
    private volatile string? _problem;
    private bool _hasFailed;

    /// <param name="passdb">What is looked at.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The process's log.</param>
    /// <param name="before">What is said until it has been looked at: what was said before a reload.</param>
    public PassdbWatch(IPassdb passdb, TimeProvider time, ILogger log, string? before)
    {
        (_passdb, _time, _log, _problem) = (passdb, time, log, before);
        Ended = Task.Run(RunAsync);
    }

    /// <summary>What is wrong with it; null where nothing is.</summary>
    public string? Problem => _problem;

    /// <summary>Completes once it is disposed of.</summary>
    internal Task Ended { get; }

    public void Dispose() => _stop.Cancel();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            var problem = await LookAsync();
            if (_stop.IsCancellationRequested) return;
            Tell(problem is null ? null : $"passdb {_passdb.Driver}: {problem}");
        }
        while (await HasNextAsync(timer));
    }

    private async Task<bool> HasNextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <returns>What is wrong; null where nothing is.</returns>
    private async Task<string?> LookAsync()
    {
        try
        {
            // One that has not ended yet is waited for again: no second one waits beside it.
            if (_check.IsCompleted) _check = Task.Run(async () => await _passdb.CheckAsync(_stop.Token));
            return await _check.WaitAsync(AnswerLimit.Usual, _time, _stop.Token);
        }
        catch (TimeoutException) when (!_check.IsCompleted)
        {
            return "no answer within 5 s";
        }
        // Whatever a library makes of a dependency that is ill: the next look may find it well.
        catch (Exception exception)
        {
            return exception.Message;
        }
    }

    private void Tell(string? problem)
    {
        _problem = problem;
        if (problem is not null == _hasFailed) return;
        _hasFailed = !_hasFailed;
        if (problem is null) PassdbLog.Recovered(_log, _passdb.Driver, _passdb.Source);
        else PassdbLog.Failed(_log, _passdb.Source, problem);
    }
}
