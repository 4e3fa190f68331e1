using Prometheus;

namespace MailProxy.Observing.Metrics;

/// <summary>How often and how long event loops kept their sessions waiting. Touched only when one did.</summary>
internal sealed class LoopMetrics(IMetricFactory factory)
{
    private readonly Counter _stalls = factory.CreateCounter("mailproxy_loop_stalls_total", "Times an event loop was away from its sessions for more than 50 ms.");
    private readonly Counter _seconds = factory.CreateCounter("mailproxy_loop_stall_seconds_total", "Time that event loops were away, in all such stalls.");
    private readonly Gauge _longest = factory.CreateGauge("mailproxy_loop_stall_longest_seconds", "The longest such stall since the start.");

    public void Observe(TimeSpan away)
    {
        _stalls.Inc();
        _seconds.Inc(away.TotalSeconds);
        _longest.IncTo(away.TotalSeconds);
    }
}
