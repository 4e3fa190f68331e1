using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary>The running proxy, and its configuration file under the hand of signals.</summary>
internal sealed class ServerControl(MailProxyRuntime runtime, DrainControl drain, ConfigurationReader configuration, IHostApplicationLifetime host) : IServerControl
{
    public ILogger Log => runtime.Log;

    public Task SessionsEnded => drain.SessionsEnded;

    public Task ReloadAsync() => runtime.ReloadAsync(() => configuration.Read(isReload: true));

    public void ReopenLogs() => runtime.ReopenLogs();

    public TimeSpan ShutdownDelay => drain.ShutdownDelay;

    public void AnnounceDrain() => drain.AnnounceDrain();

    public void BeginDrain() => drain.BeginDrain();

    public void StopNow() => drain.StopNow();

    public void End() => host.StopApplication();
}
