using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Transport;
using MailProxy.Transport.Guards;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailProxy.Hosting;

/// <summary>
/// The running proxy. A start, a reload and a test are one walk: every feature prepares its part, which changes nothing that is
/// in force; once all have, all are committed, which cannot fail; sessions go on under what they began with.
/// </summary>
internal sealed class MailProxyRuntime(IEnumerable<IConfigured> features, DrainControl drain, ListenerSet listeners, ProcessMetrics process, LogSinks sinks, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _change = new(1, 1);
    private Preparation? _inForce;

    /// <summary>The process's own log.</summary>
    public ILogger Log => _inForce?.Of<ErrorLogSet>().Process ?? NullLogger.Instance;

    /// <summary>Prepares the first configuration and puts it in force. Sessions begin once Kestrel accepts.</summary>
    /// <exception cref="StartupException">It is not to be had.</exception>
    public async Task StartAsync(MailProxyOptions options, CancellationToken cancellationToken = default)
    {
        await ChangeAsync(options, cancellationToken);
        StrayErrors.Reported += ReportStray;
        listeners.AcceptFailed += exception => HostingLog.AcceptFailed(Log, exception.Message);
        drain.Started();
        process.Started(time.GetUtcNow());
        HostingLog.Started(Log, _inForce!.Of<Generation>().Table.Sockets.Count);
    }

    /// <summary>Reads a configuration and puts it in force. A result is counted once.</summary>
    /// <param name="read">Reads it.</param>
    /// <param name="cancellationToken">Stops it before anything has changed.</param>
    /// <returns>False where it failed; everything is then as it was, and the log says why.</returns>
    public async Task<bool> ReloadAsync(Func<ConfigurationResult> read, CancellationToken cancellationToken = default)
    {
        await _change.WaitAsync(cancellationToken);
        try
        {
            if (drain.IsDraining) return false;
            HostingLog.Reconfiguring(Log);
            var old = _inForce;
            try
            {
                var configuration = read();
                LogMessages(configuration);
                if (configuration.Options is { } options) await ChangeAsync(options, cancellationToken);
            }
            catch (Exception exception) when (exception is StartupException or IOException or FormatException)
            {
                HostingLog.ConfigurationError(Log, exception.Message);
            }
            catch (Exception exception)
            {
                // Whatever is wrong with the new configuration, the old one goes on.
                HostingLog.ReloadFailed(Log, exception);
            }

            process.Reloaded(_inForce != old, time.GetUtcNow());
            return _inForce != old;
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Does all that a start does, but for binding and for what would show outside; nothing is in force then.</summary>
    /// <exception cref="StartupException">The configuration cannot be had.</exception>
    public async Task TryAsync(MailProxyOptions options)
    {
        await using var preparation = await Preparation.MakeAsync(features, options, inForce: null, isTrial: true, CancellationToken.None);
    }

    public void ReopenLogs()
    {
        HostingLog.ReopeningLogs(Log);
        sinks.Reopen();
    }

    public async ValueTask DisposeAsync()
    {
        StrayErrors.Reported -= ReportStray;
        _change.Dispose();
        if (_inForce is { } last) await last.DisposeAsync();
    }

    private async Task ChangeAsync(MailProxyOptions options, CancellationToken cancellationToken)
    {
        var next = await Preparation.MakeAsync(features, options, _inForce, isTrial: false, cancellationToken);
        // From here on nothing may fail.
        _inForce = next;
        next.Commit(failed: exception => ReportStray("putting a configuration in force", exception));
    }

    private void ReportStray(string where, Exception exception) => HostingLog.StrayError(Log, where, exception);

    private void LogMessages(ConfigurationResult configuration)
    {
        foreach (var message in configuration.Messages)
        {
            if (message.Level == ErrorLogLevel.Emerg) HostingLog.ConfigurationError(Log, message.Text);
            else HostingLog.ConfigurationWarning(Log, message.Text);
        }
    }
}
