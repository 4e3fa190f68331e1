using MailProxy.Observing.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Prometheus;

namespace MailProxy.Hosting;

/// <summary>Metrics that are looked up when somebody scrapes, so that sessions have nothing to do with them.</summary>
internal sealed class ScrapedState(CollectorRegistry registry, ProcessMetrics metrics, SessionGenerations sessions, HealthCheckService health)
{
    public void Begin() => registry.AddBeforeCollectCallback(UpdateAsync);

    private async Task UpdateAsync(CancellationToken cancellationToken)
    {
        var report = await health.CheckHealthAsync(cancellationToken);
        metrics.Ready.Set(report.Status != HealthStatus.Unhealthy ? 1 : 0);
        var connections = sessions.Current.WorkerConnections;
        metrics.WorkerConnections.Set(connections.Open);
        metrics.WorkerConnectionsLimit.Set(connections.Limit);
    }
}
