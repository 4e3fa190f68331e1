using MailProxy.Configuration;
using MailProxy.Loading;
using Microsoft.Extensions.Hosting;

namespace MailProxy.Hosting;

/// <summary>
/// The mail side as a part of somebody's program: its sockets listen before anything else of the host starts, Kestrel included,
/// and at the host's stop sessions may end for as long as <see cref="HostOptions.ShutdownTimeout"/> lets them.
/// </summary>
internal sealed class MailProxyService(ConfigurationRequest request, MailProxyRuntime runtime, DrainControl drain, TimeProvider time) : IHostedLifecycleService
{
    /// <exception cref="StartupException">What is wrong with the configuration, an error on each line.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // Files are read and names are looked up, which may block.
        var configuration = await Task.Run(() => ConfigurationLoader.Load(request), cancellationToken);
        if (configuration.Options is not { } options)
            throw new StartupException(string.Join('\n', configuration.Messages.Where(message => message.Level == ErrorLogLevel.Emerg).Select(message => message.Text)));
        await runtime.StartAsync(options, cancellationToken);
        foreach (var message in configuration.Messages) HostingLog.ConfigurationWarning(runtime.Log, message.Text);
    }

    /// <summary>Drains as TERM does with the server.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A host that failed to start stops too.
        if (!drain.IsListening) return;
        try
        {
            drain.AnnounceDrain();
            await Task.Delay(drain.ShutdownDelay, time, cancellationToken);
            drain.BeginDrain();
            await drain.SessionsEnded.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            drain.StopNow();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
