using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Hosting;

/// <summary>Ready while every socket of the configuration listens and no shutdown has begun.</summary>
internal sealed class ListenerHealthCheck(MailProxyRuntime runtime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (runtime.IsDraining) return Task.FromResult(HealthCheckResult.Unhealthy("draining"));
        return Task.FromResult(runtime.IsListening ? HealthCheckResult.Healthy("all sockets listen") : HealthCheckResult.Unhealthy("no socket listens"));
    }
}
