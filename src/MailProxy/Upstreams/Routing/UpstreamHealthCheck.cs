using MailProxy.Upstreams.Groups;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MailProxy.Upstreams.Routing;

/// <summary>Ready while every group has a server that a login could go to. The detail names each server, and what is wrong with it.</summary>
internal sealed class UpstreamHealthCheck(UpstreamRouter router) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var detail = new SortedDictionary<string, object>(StringComparer.Ordinal);
        var dead = new List<string>();
        foreach (var (group, names, _, _) in router.Groups)
        {
            // Where no login can come before this says so, nobody else asks for the servers of a name. Nor does anybody wait here.
            names.Begin();
            var peers = group.Peers;
            foreach (var peer in peers) detail[$"{group.Name} {peer.Name}"] = StateOf(group, peer);
            if (!peers.Any(group.IsUsable)) dead.Add(group.Name);
        }

        return Task.FromResult(dead.Count == 0
            ? HealthCheckResult.Healthy(router.Groups.Count == 0 ? "no groups" : "every group has a server", detail)
            : HealthCheckResult.Unhealthy($"no server left in {string.Join(", ", dead)}", exception: null, detail));
    }

    private static string StateOf(UpstreamGroup group, UpstreamPeer peer)
    {
        var state = peer.Options.Down ? "down" : peer.Options.Drain ? "drain" : group.IsUsable(peer) ? "up" : peer.IsHealthy ? "avoided" : $"unhealthy: {peer.Problem}";
        return $"{state}, {peer.Sessions} sessions{(peer.Options.Backup ? ", backup" : "")}";
    }
}
