using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary>The running proxy, its configuration file and its pid file under the hand of signals.</summary>
internal sealed class ServerControl(MailProxyRuntime runtime, ConfigurationReader configuration, PidFile pidFile, IHostApplicationLifetime host) : IServerControl
{
    public ILogger Log => runtime.Log;

    public Task SessionsEnded => runtime.SessionsEnded;

    public Task ReloadAsync() => runtime.ReloadAsync(() => configuration.Read(isReload: true), pidFile);

    public void ReopenLogs() => runtime.ReopenLogs();

    public TimeSpan ShutdownDelay => runtime.ShutdownDelay;

    public void AnnounceDrain() => runtime.AnnounceDrain();

    public void BeginDrain() => runtime.BeginDrain();

    public void StopNow() => runtime.StopNow();

    public void End() => host.StopApplication();
}
