using System.Net;
using System.Text;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Observing.Traces;

namespace MailProxy.Observing;

/// <summary>
/// What one session's access log line and its trace need, told by the session as it goes. Sessions that nobody writes
/// about have none, so that an idle one keeps nothing of it. Not for two threads at a time.
/// </summary>
internal sealed class SessionRecord
{
    // As long as any mailbox's name; whatever is longer is somebody's attempt.
    private const int LongestLogin = 1024;

    private readonly AccessLog[] _logs;
    private readonly SessionTrace? _trace;
    private readonly TimeProvider _time;
    private readonly long _began;
    private long _dialed;

    private SessionRecord(AccessLog[] logs, SessionTrace? trace, TimeProvider time)
    {
        _logs = logs;
        _trace = trace;
        _time = time;
        _began = time.GetTimestamp();
    }

    public required long Connection { get; init; }

    public required ServerOptions Server { get; init; }

    public required EndPoint Local { get; init; }

    public EndPoint? Client { get; private set; }

    public string? TlsProtocol { get; private set; }

    public string? TlsCipher { get; private set; }

    public string? TlsServerName { get; private set; }

    public byte[]? Login { get; private set; }

    public string? AuthMethod { get; private set; }

    public LoginResult? AuthResult { get; private set; }

    /// <summary>Every upstream that was tried; null where none was.</summary>
    public string? Upstreams { get; private set; }

    public TimeSpan? ConnectTime { get; private set; }

    public TimeSpan? LoginTime { get; private set; }

    public long BytesReceived { get; private set; }

    public long BytesSent { get; private set; }

    public long? UpstreamBytesSent { get; private set; }

    public long? UpstreamBytesReceived { get; private set; }

    public SessionEndReason EndReason { get; private set; }

    public TimeSpan Duration { get; private set; }

    /// <summary>The value of a <c>traceparent</c> header (W3C Trace Context) for what is being done; null where nothing is traced.</summary>
    public string? TraceParent => _trace?.Parent;

    /// <returns>Null where nobody wants it.</returns>
    public static SessionRecord? Create(AccessLog[] logs, ServerOptions server, long connection, EndPoint local, TimeProvider time)
    {
        var trace = SessionTrace.Begin();
        return logs.Length == 0 && trace is null ? null : new SessionRecord(logs, trace, time) { Connection = connection, Server = server, Local = local };
    }

    /// <summary>The client's TLS handshake is over.</summary>
    public void Handshaken(string protocol, string cipher, string? serverName) => (TlsProtocol, TlsCipher, TlsServerName) = (protocol, cipher, serverName);

    public void Received(long bytes) => BytesReceived += bytes;

    public void Sent(long bytes) => BytesSent += bytes;

    /// <summary>A login is being asked about.</summary>
    /// <param name="method">A value of <c>Auth-Method</c>.</param>
    /// <param name="login">As the client sent it.</param>
    public void AuthBegins(string method, byte[] login)
    {
        (AuthMethod, AuthResult) = (method, null);
        Keep(login);
        _trace?.Step("auth", isOutbound: true)?.SetTag("mailproxy.auth.method", method);
    }

    /// <summary>The answer is there.</summary>
    /// <param name="result">What it is; <see cref="LoginResult.Ok"/> where it lets the client in.</param>
    /// <param name="login">As the auth server has it from now on.</param>
    public void AuthEnds(LoginResult result, byte[] login)
    {
        AuthResult = result;
        if (login.Length > 0) Keep(login);
        if (_trace is null) return;
        _trace.SetTag("mailproxy.auth.status", SnakeCase.Of(result));
        _trace.EndStep(result == LoginResult.AuthUnavailable ? SnakeCase.Of(result) : null);
    }

    /// <summary>An upstream is being connected to: the first, or another because the one before has failed.</summary>
    public void Dials(EndPoint upstream)
    {
        var address = NginxAddress.WithPort(upstream);
        Upstreams = Upstreams is null ? address : $"{Upstreams}, {address}";
        (ConnectTime, LoginTime, _dialed) = (null, null, _time.GetTimestamp());
        _trace?.Step("connect", isOutbound: true).SetPeer("server", upstream);
    }

    /// <summary>The upstream is there; the login begins.</summary>
    public void Connected(EndPoint upstream)
    {
        ConnectTime = _time.GetElapsedTime(_dialed);
        _trace?.EndStep();
        _trace?.Step("login", isOutbound: true).SetPeer("server", upstream);
    }

    /// <summary>The upstream has let the user in.</summary>
    public void LoggedIn()
    {
        LoginTime = _time.GetElapsedTime(_dialed);
        AuthResult = LoginResult.Ok;
        _trace?.EndStep();
    }

    /// <summary>Connecting, or the login, has failed.</summary>
    /// <param name="reason">Of a closed set: the type of the exception.</param>
    public void UpstreamFails(string reason)
    {
        AuthResult = LoginResult.UpstreamFailed;
        _trace?.EndStep(reason);
    }

    public void RelayBegins() => _trace?.Step("relay", isOutbound: false);

    public void RelayEnds(long fromClient, long fromUpstream)
    {
        (UpstreamBytesSent, UpstreamBytesReceived) = (fromClient, fromUpstream);
        Received(fromClient);
        Sent(fromUpstream);
        _trace?.EndStep();
    }

    /// <summary>The session is over: the line is written and the trace ends.</summary>
    public void Ends(EndPoint client, SessionEndReason reason)
    {
        (Client, EndReason, Duration) = (client, reason, _time.GetElapsedTime(_began));
        _trace?.End(this);
        if (_logs.Length == 0) return;
        var now = _time.GetLocalNow();
        foreach (var log in _logs) log.Write(this, now);
    }

    /// <summary>The login as text; null where there was none.</summary>
    public string? LoginText => Login is null ? null : Encoding.UTF8.GetString(Login);

    private void Keep(byte[] login) => Login = login.Length == 0 ? null : login[..Math.Min(login.Length, LongestLogin)];
}
