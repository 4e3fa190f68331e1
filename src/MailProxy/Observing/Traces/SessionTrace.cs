using System.Diagnostics;
using System.Net;
using MailProxy.Configuration.Binding;

namespace MailProxy.Observing.Traces;

/// <summary>
/// One session as OpenTelemetry spans: <c>session</c>, and below it one at a time of <c>auth</c>, <c>connect</c>,
/// <c>login</c>, <c>relay</c>. Names of attributes are those of the semantic conventions where they have one.
/// </summary>
internal sealed class SessionTrace
{
    /// <summary>The name that exporters ask for.</summary>
    public const string SourceName = "MailProxy";

    private static readonly ActivitySource Source = new(SourceName);

    private readonly Activity _session;
    private Activity? _step;

    private SessionTrace(Activity session) => _session = session;

    /// <summary>The header <c>traceparent</c> of W3C Trace Context.</summary>
    public string? Parent => (_step ?? _session).Id;

    /// <returns>Null where nobody listens.</returns>
    public static SessionTrace? Begin() => Source.HasListeners() && Start("session", ActivityKind.Server, default) is { } session ? new SessionTrace(session) : null;

    /// <summary>The next part of the session begins; one that was not ended has failed.</summary>
    /// <returns>Null where the sampler does not want it.</returns>
    public Activity? Step(string name, bool isOutbound)
    {
        if (_step is not null) EndStep("_OTHER");
        return _step = Start(name, isOutbound ? ActivityKind.Client : ActivityKind.Internal, _session.Context);
    }

    public void SetTag(string name, string? value) => _step?.SetTag(name, value);

    /// <param name="error">What has failed, of a closed set; null where nothing has.</param>
    public void EndStep(string? error = null)
    {
        if (error is not null && _step is not null) Fail(_step, error);
        _step?.Dispose();
        _step = null;
    }

    public void End(SessionRecord record)
    {
        var reason = SnakeCase.Of(record.EndReason);
        if (_step is not null) EndStep(reason);
        if (_session.IsAllDataRequested) Describe(record, reason);
        if (IsOurs(record.EndReason)) Fail(_session, reason);
        _session.Dispose();
    }

    private void Describe(SessionRecord record, string reason)
    {
        _session.SetTag("network.protocol.name", record.Server.Protocol);
        _session.SetPeer("client", record.Client);
        _session.SetPeer("server", record.Local);
        _session.SetTag("mailproxy.connection", record.Connection);
        _session.SetTag("mailproxy.end_reason", reason);
        _session.SetTag("mailproxy.bytes_received", record.BytesReceived);
        _session.SetTag("mailproxy.bytes_sent", record.BytesSent);
        _session.SetTag("tls.protocol.version", record.TlsProtocol);
        _session.SetTag("tls.cipher", record.TlsCipher);
        _session.SetTag("enduser.id", record.LoginText);
    }

    /// <summary>What an operator has to look into; what clients do is no error.</summary>
    private static bool IsOurs(SessionEndReason reason) => reason is SessionEndReason.AuthUnavailable or SessionEndReason.UpstreamUnavailable
        or SessionEndReason.UpstreamError or SessionEndReason.Limit or SessionEndReason.InternalError;

    private static void Fail(Activity activity, string error) => activity.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error);

    private static Activity? Start(string name, ActivityKind kind, ActivityContext parent)
    {
        var activity = Source.StartActivity(name, kind, parent);
        // Sessions share threads, and what they start must not find another's span there.
        if (activity is not null) Activity.Current = null;
        return activity;
    }
}

/// <summary>Addresses in spans.</summary>
internal static class PeerTags
{
    /// <param name="activity">The span; null where there is none.</param>
    /// <param name="side"><c>client</c> or <c>server</c>.</param>
    /// <param name="peer">The address.</param>
    public static void SetPeer(this Activity? activity, string side, EndPoint? peer)
    {
        if (activity is null || peer is null) return;
        activity.SetTag($"{side}.address", peer is IPEndPoint ip ? NginxAddress.ToText(ip.Address) : peer.ToString());
        if (peer is IPEndPoint { Port: var port }) activity.SetTag($"{side}.port", port);
    }
}
