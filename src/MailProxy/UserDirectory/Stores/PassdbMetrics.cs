using Prometheus;

namespace MailProxy.UserDirectory.Stores;

/// <summary>How often each driver was asked, what it said, and how long that took.</summary>
internal sealed class PassdbMetrics(IMetricFactory factory)
{
    private readonly Counter _requests = factory.CreateCounter("mailproxy_passdb_requests_total", "Users looked up and passwords checked, by driver and result.", ["driver", "result"]);
    private readonly Histogram _seconds = factory.CreateHistogram(
        "mailproxy_passdb_seconds", "Time that a driver took for a user, hashing included.", ["driver"], new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 2, 16) });

    public void Observe(string driver, PassdbStatus status, TimeSpan time)
    {
        _requests.WithLabels(driver, Label(status)).Inc();
        _seconds.WithLabels(driver).Observe(time.TotalSeconds);
    }

    private static string Label(PassdbStatus status) => status switch
    {
        PassdbStatus.Ok => "ok",
        PassdbStatus.UnknownUser => "unknown_user",
        PassdbStatus.WrongPassword => "wrong_password",
        _ => "unavailable",
    };
}
