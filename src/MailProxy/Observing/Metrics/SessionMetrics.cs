using MailProxy.Configuration.Binding;
using Prometheus;

namespace MailProxy.Observing.Metrics;

/// <summary>The metrics of one protocol's sessions, label values bound once.</summary>
internal sealed class SessionMetrics
{
    private static readonly string[] LoginResults = [.. Enum.GetValues<LoginResult>().Select(SnakeCase.Of)];

    private readonly ICounter[] _ended;
    private readonly Counter _logins;
    private readonly ICounter[] _handshakes;
    private readonly string _protocol;

    public SessionMetrics(IMetricFactory factory, string protocol)
    {
        _protocol = protocol;
        Accepted = factory.CreateCounter("mailproxy_sessions_accepted_total", "Connections accepted.", ["protocol"]).WithLabels(protocol);
        Active = factory.CreateGauge("mailproxy_sessions_active", "Sessions now open.", ["protocol"]).WithLabels(protocol);
        var ended = factory.CreateCounter("mailproxy_sessions_ended_total", "Sessions ended, by reason.", ["protocol", "reason"]);
        _ended = [.. Enum.GetValues<SessionEndReason>().Select(reason => ended.WithLabels(protocol, SnakeCase.Of(reason)))];
        _logins = factory.CreateCounter("mailproxy_logins_total", "Login attempts, by method and result.", ["protocol", "method", "result"]);
        var handshakes = factory.CreateCounter("mailproxy_tls_handshakes_total", "TLS handshakes with clients, by result.", ["protocol", "result"]);
        _handshakes = [.. Enum.GetValues<HandshakeResult>().Select(result => handshakes.WithLabels(protocol, SnakeCase.Of(result)))];
        var bytes = factory.CreateCounter("mailproxy_relayed_bytes_total", "Bytes relayed after login, by the side that sent them.", ["protocol", "from"]);
        BytesFromClient = bytes.WithLabels(protocol, "client");
        BytesFromUpstream = bytes.WithLabels(protocol, "upstream");
        var seconds = new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 2, 16) };
        UpstreamConnectSeconds = factory.CreateHistogram("mailproxy_upstream_connect_seconds", "Time to connect to an upstream.", ["protocol"], seconds).WithLabels(protocol);
        UpstreamLoginSeconds = factory.CreateHistogram("mailproxy_upstream_login_seconds", "Time from connecting to an upstream to the end of the login there.", ["protocol"], seconds).WithLabels(protocol);
        var lengths = new HistogramConfiguration { Buckets = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600, 14400, 86400] };
        SessionSeconds = factory.CreateHistogram("mailproxy_session_seconds", "How long sessions were, from accept to end.", ["protocol"], lengths).WithLabels(protocol);
    }

    public ICounter Accepted { get; }

    public IGauge Active { get; }

    public ICounter BytesFromClient { get; }

    public ICounter BytesFromUpstream { get; }

    public IHistogram UpstreamConnectSeconds { get; }

    public IHistogram UpstreamLoginSeconds { get; }

    public IHistogram SessionSeconds { get; }

    public ICounter Ended(SessionEndReason reason) => _ended[(int)reason];

    /// <param name="method">A value of <c>Auth-Method</c>: <c>plain</c>, <c>apop</c>, <c>cram-md5</c>, <c>external</c>, <c>none</c>.</param>
    /// <param name="result">What became of it.</param>
    public ICounter Logins(string method, LoginResult result) => _logins.WithLabels(_protocol, method, LoginResults[(int)result]);

    public ICounter Handshakes(HandshakeResult result) => _handshakes[(int)result];
}

/// <summary>What became of a login attempt; the metric label <c>result</c>.</summary>
internal enum LoginResult
{
    /// <summary>Relayed.</summary>
    Ok,

    /// <summary>Refused by the auth server.</summary>
    Rejected,

    /// <summary>The auth server gave no usable answer.</summary>
    AuthUnavailable,

    /// <summary>The upstream refused, failed or could not be reached.</summary>
    UpstreamFailed,
}

/// <summary>What became of a TLS handshake with a client; the metric label <c>result</c>.</summary>
internal enum HandshakeResult
{
    /// <summary>A new session.</summary>
    Ok,

    /// <summary>An earlier session goes on.</summary>
    Resumed,

    /// <summary>It came to nothing, or the client went away.</summary>
    Failed,

    /// <summary>The client took longer than <c>timeout</c>.</summary>
    TimedOut,
}
