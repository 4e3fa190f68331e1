using System.Collections.Concurrent;
using MailProxy.Observing.Metrics;
using Prometheus;

namespace MailProxy.Hosting;

/// <summary>The session metrics of each protocol, made once.</summary>
internal sealed class SessionMetricsTable(IMetricFactory factory)
{
    private readonly ConcurrentDictionary<string, SessionMetrics> _byProtocol = new();

    public SessionMetrics For(string protocol) => _byProtocol.GetOrAdd(protocol, name => new SessionMetrics(factory, name));
}
