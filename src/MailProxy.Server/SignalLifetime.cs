using System.Runtime.InteropServices;
using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary>Turns signals into what nginx does on them, in place of the host's own console lifetime.</summary>
internal sealed class SignalLifetime(MailProxyRuntime runtime, ConfigurationReader configuration, IHostApplicationLifetime host) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        On(PosixSignal.SIGTERM, 15, "exiting", Stop);
        On(PosixSignal.SIGINT, 2, "exiting", Stop);
        On(PosixSignal.SIGQUIT, 3, "shutting down", Quit);
        On(PosixSignal.SIGHUP, 1, "reconfiguring", Reload);
        // .NET has no name for it, but takes the system's number.
        On((PosixSignal)10, 10, "reopening logs", runtime.ReopenLogs);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    // Who sent it, nginx logs too; .NET does not tell.
    private void On(PosixSignal signal, int number, string effect, Action action) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            ServerLog.SignalReceived(runtime.Log, number, NameOf(number), effect);
            action();
        }));

    private void Stop()
    {
        runtime.StopNow();
        host.StopApplication();
    }

    private void Quit()
    {
        runtime.BeginDrain();
        _ = StopWhenEmptyAsync();
    }

    private async Task StopWhenEmptyAsync()
    {
        await runtime.SessionsEnded;
        host.StopApplication();
    }

    private void Reload() => _ = Task.Run(async () => await runtime.ReloadAsync(configuration.Read()));

    private static string NameOf(int number) => number switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        10 => "SIGUSR1",
        _ => "SIGTERM",
    };
}
