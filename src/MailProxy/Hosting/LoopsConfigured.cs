using System.Globalization;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Transport;
using Microsoft.Extensions.Logging;

namespace MailProxy.Hosting;

/// <summary>The event loops, which are made once: what a reload would change of them takes a restart.</summary>
internal sealed class LoopsConfigured(MailTransport transport, ListenerSet listeners, LoopMetrics metrics) : IConfigured
{
    // While a loop is away every session on it waits.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(50);

    // A start that fails leaves them to the next.
    private bool _isRunning;
    private MailProxyOptions? _started;
    // While the first configuration is being prepared there is none yet.
    private ILogger? _log;

    public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        if (!_isRunning) Start(preparation.Options);
        return ValueTask.FromResult<IPrepared>(new Prepared<MailTransport>(transport, commit: () =>
        {
            _log = preparation.Of<ErrorLogSet>().Process;
            if (_started is { } started) WarnOfRestart(started, preparation.Options, _log);
            _started ??= preparation.Options;
        }));
    }

    private void Start(MailProxyOptions options)
    {
        if (options.Transport != TransportKind.Linux || _started is not null) return;
        if (!OperatingSystem.IsLinux()) throw new StartupException("\"transport linux\" needs Linux; use \"transport managed\"");
        transport.StartLoops(Generation.Workers(options), LongestTurn, ReportLoopAway);
        listeners.AcceptOn(transport);
        _isRunning = true;
    }

    private void ReportLoopAway(TimeSpan elapsed)
    {
        metrics.Observe(elapsed);
        if (_log is { } log) HostingLog.LoopAway(log, (long)elapsed.TotalMilliseconds);
    }

    private static void WarnOfRestart(MailProxyOptions started, MailProxyOptions options, ILogger log)
    {
        if (options.Transport != started.Transport)
            HostingLog.NeedsRestart(log, "transport", Name(started.Transport), Name(options.Transport));
        if (started.Transport == TransportKind.Linux && Generation.Workers(options) != Generation.Workers(started))
            HostingLog.NeedsRestart(log, "worker_processes", Count(started), Count(options));

        static string Name(TransportKind kind) => kind == TransportKind.Linux ? "linux" : "managed";
        static string Count(MailProxyOptions options) => options.WorkerProcesses == 0 ? "auto" : options.WorkerProcesses.ToString(CultureInfo.InvariantCulture);
    }
}
