using System.Runtime.InteropServices;
using MailProxy.Transport.Guards;
using Microsoft.Extensions.Hosting.Systemd;

namespace MailProxy.Server;

/// <summary>
/// Takes signals in place of the host's own console lifetime: from the moment that the host is built, before any socket
/// listens. What comes while the proxy starts is done as soon as it has started.
/// </summary>
internal sealed class SignalLifetime : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    // The end of the host needs .NET's thread of timers, which its first timer makes: it is to be there when it is needed.
    private readonly ITimer _timer = TimeProvider.System.CreateTimer(static _ => { }, null, TimeSpan.FromDays(1), Timeout.InfiniteTimeSpan);

    public SignalLifetime(SignalActions actions, ISystemdNotifier systemd, IHostApplicationLifetime host)
    {
        // systemd's own lifetime would take TERM, which is ours; where nobody listens these do nothing.
        host.ApplicationStarted.Register(() => systemd.Notify(ServiceState.Ready));
        host.ApplicationStopping.Register(() => systemd.Notify(ServiceState.Stopping));
        if (BlockedSignals.AreBlocked) new Thread(Wait) { IsBackground = true, Name = "signals" }.Start();
        else Register();

        void Wait()
        {
            while (true)
            {
                var (signal, sender) = BlockedSignals.Wait();
                try
                {
                    host.ApplicationStarted.Register(() => _ = actions.HandleAsync(signal, sender));
                }
                catch (Exception exception)
                {
                    // As where the pool has no thread to give: the next signal may fare better.
                    StrayErrors.Report("taking a signal", exception);
                }
            }
        }

        void Register()
        {
            foreach (var signal in Enum.GetValues<ProcessSignal>())
            {
                if (Posix(signal) is not { } posix) continue;
                _registrations.Add(PosixSignalRegistration.Create(posix, context =>
                {
                    context.Cancel = true;
                    host.ApplicationStarted.Register(() => _ = actions.HandleAsync(signal));
                }));
            }
        }
    }

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _timer.Dispose();
        _registrations.ForEach(registration => registration.Dispose());
    }

    private static PosixSignal? Posix(ProcessSignal signal) => signal switch
    {
        ProcessSignal.Reload => PosixSignal.SIGHUP,
        ProcessSignal.Interrupt => PosixSignal.SIGINT,
        ProcessSignal.Quit => PosixSignal.SIGQUIT,
        ProcessSignal.Stop => PosixSignal.SIGTERM,
        // .NET has no names for USR1 and USR2, but takes the system's numbers; elsewhere they are other signals'.
        _ => OperatingSystem.IsLinux() ? (PosixSignal)(int)signal : null,
    };
}
