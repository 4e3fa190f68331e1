using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.UserDirectory.Logins;

/// <summary>Ready while every <c>passdb</c> can be asked. Asks none itself: what is known is at most a second old, or as old as the limit of an answer.</summary>
internal sealed class PassdbHealthCheck(LoginDirectory users) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        !users.HasUsers ? HealthCheckResult.Healthy("no passdb") : users.Problem is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy("every passdb can be asked"));
}
