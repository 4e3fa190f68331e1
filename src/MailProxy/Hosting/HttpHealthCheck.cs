using MailProxy.Transport;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Hosting;

/// <summary>Whether the HTTP side listens on all of its addresses. Mail is served either way, so it is ready either way.</summary>
internal sealed class HttpHealthCheck(HttpListeners http) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(http.Failures is { Count: > 0 } failures
            ? HealthCheckResult.Degraded(string.Join(", ", failures.Select(failure => failure.Message)))
            : HealthCheckResult.Healthy("every address of the HTTP side listens"));
}
