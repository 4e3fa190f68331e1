using MailProxy.Upstreams.Groups;
using MailProxy.Upstreams.Names;
using Microsoft.Extensions.Logging;

namespace MailProxy.Upstreams.Health;

/// <summary>Tries the servers of one group, all at once, every <c>interval</c>, until it is disposed of, whatever happens meanwhile.</summary>
internal sealed class HealthCheckLoop : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly RoutedGroup _routed;
    private readonly HealthCheckOptions _check;
    private readonly UpstreamProber _prober;
    private readonly ProbeSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    public HealthCheckLoop(RoutedGroup routed, HealthCheckOptions check, UpstreamProber prober, ProbeSettings settings, TimeProvider time, ILogger log)
    {
        (_routed, _check, _prober, _settings, _time, _log) = (routed, check, prober, settings, time, log);
        _ = Task.Run(() => RunAsync(_stop.Token));
    }

    public void Dispose() => _stop.Cancel();

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(_check.Interval, _time);
            do
            {
                await TryAllAsync(cancellationToken);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
    }

    private async Task TryAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _routed.Names.RefreshAsync(cancellationToken);
            await Task.WhenAll(_routed.Group.Peers.Where(peer => !peer.Options.Down).Select(peer => TryAsync(peer, cancellationToken)));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            RoutingLog.CheckFailed(_log, exception, _routed.Group.Name);
        }
    }

    private async Task TryAsync(UpstreamPeer peer, CancellationToken cancellationToken)
    {
        peer.Problem = await _prober.ProbeAsync(peer, _settings, _check.Timeout, cancellationToken);
        _routed.Group.ReportCheck(peer, peer.Problem is null, _check);
    }
}
