using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Hosting;

/// <summary>Ready while every socket of the configuration listens.</summary>
internal sealed class ListenerHealthCheck(MailProxyRuntime runtime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(runtime.IsListening ? HealthCheckResult.Healthy("all sockets listen") : HealthCheckResult.Unhealthy("no socket listens"));
}
