using Prometheus;

namespace MailProxy.Observing.Metrics;

/// <summary>The metrics of logs. A label is the target as the configuration names it, as long as it is open.</summary>
internal sealed class LogMetrics(IMetricFactory factory)
{
    private readonly Counter _dropped = factory.CreateCounter("mailproxy_log_lines_dropped_total", "Lines that a log did not take.", ["log"]);

    public ICounter Opened(string target) => _dropped.WithLabels(target);

    public void Closed(string target) => _dropped.RemoveLabelled(target);
}
