using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Hosting;

/// <summary>Ready until a shutdown begins.</summary>
internal sealed class DrainHealthCheck(DrainControl drain) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(drain.IsDraining ? HealthCheckResult.Unhealthy("draining") : HealthCheckResult.Healthy("no shutdown has begun"));
}
