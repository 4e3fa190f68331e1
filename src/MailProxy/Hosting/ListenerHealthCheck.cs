using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Hosting;

/// <summary>Ready while every socket of the configuration listens.</summary>
internal sealed class ListenerHealthCheck(DrainControl drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(drain.IsListening ? HealthCheckResult.Healthy("all sockets listen") : HealthCheckResult.Unhealthy("no socket listens"));
}
