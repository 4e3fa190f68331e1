using Prometheus;

namespace MailProxy.Authentication;

/// <summary>What sessions are told about logins, and what <c>/auth</c> tells others; label values bound once.</summary>
internal sealed class AuthMetrics
{
    private static readonly string[] Servers = ["external", "internal"];

    private readonly ICounter[][] _requests;
    private readonly IHistogram[] _seconds;
    private readonly ICounter[] _answers;

    public AuthMetrics(IMetricFactory factory)
    {
        var requests = factory.CreateCounter("mailproxy_auth_requests_total", "Logins asked about, by who was asked and result.", ["server", "result"]);
        _requests = [.. Servers.Select(server => Enum.GetValues<AuthRequestResult>().Select(result => requests.WithLabels(server, Label(result))).ToArray())];
        var seconds = factory.CreateHistogram(
            "mailproxy_auth_seconds", "Time to the answer about a login.", ["server"], new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 2, 16) });
        _seconds = [.. Servers.Select(server => seconds.WithLabels(server))];
        var answers = factory.CreateCounter("mailproxy_auth_endpoint_requests_total", "Requests at /auth, by result.", ["result"]);
        _answers = [.. Enum.GetValues<AuthEndpointResult>().Select(result => answers.WithLabels(Label(result)))];
    }

    /// <param name="isInternal">Whether the users of <c>passdb</c> were asked, without HTTP.</param>
    /// <param name="result">What was said.</param>
    /// <param name="elapsed">How long it took.</param>
    public void Observe(bool isInternal, AuthRequestResult result, TimeSpan elapsed)
    {
        var server = isInternal ? 1 : 0;
        _requests[server][(int)result].Inc();
        if (result != AuthRequestResult.Cached) _seconds[server].Observe(elapsed.TotalSeconds);
    }

    public ICounter Answered(AuthEndpointResult result) => _answers[(int)result];

    private static string Label<T>(T value) where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}

/// <summary>What was said about a login; the metric label <c>result</c>.</summary>
internal enum AuthRequestResult
{
    /// <summary>It is good.</summary>
    Ok,

    /// <summary>It is not.</summary>
    Rejected,

    /// <summary>It is to be asked about again.</summary>
    Wait,

    /// <summary>Nothing that can be used.</summary>
    Unavailable,

    /// <summary>It was good a moment ago, and nobody was asked (<c>auth_http_cache_valid</c>).</summary>
    Cached,
}

/// <summary>What <c>/auth</c> answered; the metric label <c>result</c>.</summary>
internal enum AuthEndpointResult
{
    /// <summary>The login is good, and this is its server.</summary>
    Ok,

    /// <summary>It is not.</summary>
    Rejected,

    /// <summary>A temporary failure.</summary>
    Unavailable,

    /// <summary>Not understood.</summary>
    BadRequest,

    /// <summary>Whoever asked may not.</summary>
    Forbidden,
}
