using Prometheus;

namespace MailProxy.Observing.Metrics;

/// <summary>The metrics of the process as a whole.</summary>
internal sealed class ProcessMetrics
{
    private readonly IMetricFactory _factory;
    private readonly ICounter _reloaded;
    private readonly ICounter _notReloaded;
    private readonly Gauge _lastReloadSuccessful;
    private readonly Gauge _lastReloadSuccess;

    public ProcessMetrics(IMetricFactory factory)
    {
        _factory = factory;
        factory.CreateGauge("mailproxy_build_info", "Always 1; the label is the version.", ["version"]).WithLabels(typeof(ProcessMetrics).Assembly.GetName().Version!.ToString(3)).Set(1);
        var reloads = factory.CreateCounter("mailproxy_config_reloads_total", "Reloads of the configuration, by result.", ["result"]);
        _reloaded = reloads.WithLabels("ok");
        _notReloaded = reloads.WithLabels("failed");
        _lastReloadSuccessful = factory.CreateGauge("mailproxy_config_last_reload_successful", "1 where the last reload succeeded, or none has been asked for, else 0.");
        _lastReloadSuccess = factory.CreateGauge("mailproxy_config_last_reload_success_timestamp_seconds", "When the configuration in force was put in force, in seconds since 1970.");
        WorkerConnectionsHit = factory.CreateCounter("mailproxy_limits_hit_total", "Times something was refused because of a limit.", ["limit"]).WithLabels("worker_connections");
        WorkerConnections = factory.CreateGauge("mailproxy_worker_connections", "Connections in use of those that worker_connections allows.");
        WorkerConnectionsLimit = factory.CreateGauge("mailproxy_worker_connections_limit", "Connections that worker_connections allows, of all workers together.");
    }

    public ICounter WorkerConnectionsHit { get; }

    public IGauge WorkerConnections { get; }

    public IGauge WorkerConnectionsLimit { get; }

    /// <summary>Made when first asked for: whoever maps no health checks has none.</summary>
    public IGauge Ready => field ??= _factory.CreateGauge("mailproxy_ready", "1 where /readyz answers 200, else 0.");

    /// <summary>A configuration was put in force, at the start.</summary>
    public void Started(DateTimeOffset now)
    {
        _lastReloadSuccessful.Set(1);
        _lastReloadSuccess.Set(now.ToUnixTimeSeconds());
    }

    /// <summary>A reload has been asked for, and is over.</summary>
    public void Reloaded(bool isInForce, DateTimeOffset now)
    {
        (isInForce ? _reloaded : _notReloaded).Inc();
        _lastReloadSuccessful.Set(isInForce ? 1 : 0);
        if (isInForce) _lastReloadSuccess.Set(now.ToUnixTimeSeconds());
    }
}
