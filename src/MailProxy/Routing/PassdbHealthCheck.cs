using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Routing;

/// <summary>Ready while every <c>passdb</c> can be asked.</summary>
internal sealed class PassdbHealthCheck(LoginDirectory users) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!users.HasUsers) return HealthCheckResult.Healthy("no passdb");
        return await users.CheckAsync(cancellationToken) is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy("every passdb can be asked");
    }
}
