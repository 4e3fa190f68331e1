using Prometheus;

namespace MailProxy.Upstreams.Groups;

/// <summary>The metrics of upstream servers. What can be read off the servers is read when Prometheus asks, so that sessions pay nothing for it.</summary>
internal sealed class UpstreamMetrics
{
    private static readonly string[] ServerLabels = ["upstream", "server"];
    private static readonly string[] Reasons = [.. Enum.GetValues<UpstreamFailure>().Select(reason => reason.ToString().ToLowerInvariant())];

    private readonly Gauge _up;
    private readonly Gauge _sessions;
    private readonly Counter _picks;
    private readonly Counter _failures;
    private readonly Lock _gate = new();

    public UpstreamMetrics(IMetricFactory factory, CollectorRegistry registry)
    {
        _up = factory.CreateGauge("mailproxy_upstream_server_up", "Whether new sessions may go to a server of a group.", ServerLabels);
        _sessions = factory.CreateGauge("mailproxy_upstream_server_sessions", "Sessions now open at a server of a group, logins included.", ServerLabels);
        _picks = factory.CreateCounter("mailproxy_upstream_picks_total", "Logins for which a server of a group was chosen.", ServerLabels);
        _failures = factory.CreateCounter("mailproxy_upstream_failures_total", "Tries that failed before the server was told who logs in, by reason.", ["upstream", "server", "reason"]);
        registry.AddBeforeCollectCallback(Collect);
    }

    /// <summary>The groups that are told of; set when a configuration is put in force.</summary>
    public IReadOnlyCollection<UpstreamGroup> Groups { get; set; } = [];

    public void Picked(UpstreamGroup group, UpstreamPeer peer)
    {
        if (group.IsNamed) _picks.WithLabels(group.Name, peer.Name).Inc();
    }

    public void Failed(UpstreamGroup group, UpstreamPeer peer, UpstreamFailure reason)
    {
        if (group.IsNamed) _failures.WithLabels(group.Name, peer.Name, Reasons[(int)reason]).Inc();
    }

    private void Collect()
    {
        lock (_gate)
        {
            var known = new HashSet<(string, string)>();
            foreach (var group in Groups)
            {
                foreach (var peer in group.Peers)
                {
                    known.Add((group.Name, peer.Name));
                    _up.WithLabels(group.Name, peer.Name).Set(group.IsUsable(peer) ? 1 : 0);
                    _sessions.WithLabels(group.Name, peer.Name).Set(peer.Sessions);
                }
            }

            // The addresses of names come and go.
            Forget(_up, known);
            Forget(_sessions, known);
            Forget(_picks, known);
            Forget(_failures, known);
        }
    }

    private static void Forget<T>(Collector<T> metric, HashSet<(string Group, string Server)> known) where T : ChildBase
    {
        foreach (var labels in metric.GetAllLabelValues().Where(labels => !known.Contains((labels[0], labels[1]))).ToList()) metric.RemoveLabelled(labels);
    }
}

/// <summary>Why a try failed; the metric label <c>reason</c>.</summary>
internal enum UpstreamFailure
{
    /// <summary>No connection.</summary>
    Connect,

    /// <summary>No greeting in time.</summary>
    Timeout,

    /// <summary>TLS failed, or the certificate will not do.</summary>
    Tls,

    /// <summary>A greeting, or an answer before the login, that says no.</summary>
    Refused,

    /// <summary>The connection ended or failed before the login.</summary>
    Closed,
}
