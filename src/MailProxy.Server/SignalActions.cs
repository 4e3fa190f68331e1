using System.Globalization;

namespace MailProxy.Server;

/// <summary>What nginx does on each signal, but for TERM, which supervisors send and which drains; sent again, it ends at once. A reload is over before the next begins, and before a drain does; nothing holds up a stop.</summary>
internal sealed class SignalActions(IServerControl control, TimeProvider time)
{
    private readonly Lock _gate = new();
    private Task _reload = Task.CompletedTask;
    private Task? _drain;

    /// <summary>Logs the signal and acts on it.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="sender">The process that sent it; 0 where that is not known.</param>
    /// <returns>Completes when it has been done.</returns>
    public Task HandleAsync(ProcessSignal signal, int sender = 0)
    {
        var (name, effect) = Describe(signal);
        ServerLog.SignalReceived(control.Log, (int)signal, name, sender == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" from {sender}"), effect);
        lock (_gate)
        {
            switch (signal)
            {
                case ProcessSignal.Reload: return _reload = ReloadAsync(_reload);
                case ProcessSignal.Quit: return _drain ??= DrainAsync(_reload);
                case ProcessSignal.Stop when _drain is null: return _drain = DrainAsync(_reload);
                // A file may take its time to be opened, and the next signal is not to wait for that.
                case ProcessSignal.Reopen: return Task.Run(() => Try(control.ReopenLogs));
                case ProcessSignal.Stop or ProcessSignal.Interrupt:
                    Try(control.StopNow);
                    control.End();
                    break;
            }
        }

        return Task.CompletedTask;
    }

    private async Task ReloadAsync(Task previous)
    {
        await previous;
        if (_drain is not null) return;
        try
        {
            // Reading files and resolving names would hold up the thread that delivers signals.
            await Task.Run(control.ReloadAsync);
        }
        catch (Exception exception)
        {
            ServerLog.SignalFailed(control.Log, exception);
        }
    }

    private async Task DrainAsync(Task reload)
    {
        await reload;
        try
        {
            control.AnnounceDrain();
            await Task.Delay(control.ShutdownDelay, time);
            control.BeginDrain();
            await control.SessionsEnded;
        }
        catch (Exception exception)
        {
            ServerLog.SignalFailed(control.Log, exception);
        }

        // Whatever was wrong: who asked the process to end must not wait for ever.
        control.End();
    }

    /// <summary>A signal that cannot be done as it should be ends nothing else.</summary>
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            ServerLog.SignalFailed(control.Log, exception);
        }
    }

    private static (string Name, string Effect) Describe(ProcessSignal signal) => signal switch
    {
        ProcessSignal.Reload => ("SIGHUP", "reconfiguring"),
        ProcessSignal.Interrupt => ("SIGINT", "exiting"),
        ProcessSignal.Quit => ("SIGQUIT", "shutting down"),
        ProcessSignal.Reopen => ("SIGUSR1", "reopening logs"),
        ProcessSignal.Upgrade => ("SIGUSR2", "ignoring"),
        _ => ("SIGTERM", "shutting down"),
    };
}
