using System.Runtime.InteropServices;
using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary>
/// Turns signals into what nginx does on them, in place of the host's own console lifetime. It takes them from the moment
/// that the host is built, before any socket listens; what comes while the proxy starts is done as soon as it has started.
/// </summary>
internal sealed class SignalLifetime : IHostLifetime, IDisposable
{
    private readonly ConfigurationReader _configuration;
    private readonly IHostApplicationLifetime _host;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly MailProxyRuntime _runtime;

    public SignalLifetime(MailProxyRuntime runtime, ConfigurationReader configuration, IHostApplicationLifetime host)
    {
        (_runtime, _configuration, _host) = (runtime, configuration, host);
        On(PosixSignal.SIGTERM, 15, "exiting", Stop);
        On(PosixSignal.SIGINT, 2, "exiting", Stop);
        On(PosixSignal.SIGQUIT, 3, "shutting down", Quit);
        On(PosixSignal.SIGHUP, 1, "reconfiguring", Reload);
        // .NET has no name for it, but takes the system's number.
        On((PosixSignal)10, 10, "reopening logs", runtime.ReopenLogs);
    }

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    // Who sent it, nginx logs too; .NET does not tell.
    private void On(PosixSignal signal, int number, string effect, Action action) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            _host.ApplicationStarted.Register(() =>
            {
                ServerLog.SignalReceived(_runtime.Log, number, NameOf(number), effect);
                action();
            });
        }));

    private void Stop()
    {
        _runtime.StopNow();
        _host.StopApplication();
    }

    private void Quit()
    {
        _runtime.BeginDrain();
        _ = StopWhenEmptyAsync();
    }

    private async Task StopWhenEmptyAsync()
    {
        await _runtime.SessionsEnded;
        _host.StopApplication();
    }

    private void Reload() => _ = Task.Run(async () => await _runtime.ReloadAsync(_configuration.Read()));

    private static string NameOf(int number) => number switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        10 => "SIGUSR1",
        _ => "SIGTERM",
    };
}
