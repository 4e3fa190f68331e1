using System.Net;
using System.Net.Sockets;
using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Tls;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Dialling;
using MailProxy.Upstreams.Groups;
using MailProxy.Upstreams.Names;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Sessions;

/// <summary>
/// The login of one client at an upstream: at the one address that was named, or at the servers of a group, one after the
/// other until one has seen the credentials.
/// </summary>
internal sealed class SessionUpstream(SessionContext context, ProtocolSession protocol, AuthResult result) : IAsyncDisposable
{
    // A server that does not answer must leave time for the next one.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private UpstreamDialogue? _dialogue;

    /// <summary>The connection; null before, and after a server failed.</summary>
    public ConnectionContext? Connection { get; private set; }

    /// <summary>The server of a group that has the session; null where an address was named.</summary>
    public UpstreamPeer? Peer { get; private set; }

    private ProxyOptions Options => context.Server.Proxy;

    /// <param name="budget">The time of the whole login.</param>
    /// <returns>What the client is told.</returns>
    /// <exception cref="UpstreamException">It came to nothing, and so for the other failures of <see cref="IsFailure"/>.</exception>
    public async ValueTask<byte[]> LogInAsync(TimeLimit budget)
    {
        var destination = context.Destination(result) ?? throw new UpstreamException(UpstreamError.UnknownGroup);
        if (destination.Literal is { } address)
        {
            using var limit = Options.ConnectTimeout is { } timeout ? new TimeLimit(timeout, context.Time, budget.Token) : null;
            return await TryAsync(new Server(address, null, context.Server.ProxyTls), limit, limit?.Token ?? budget.Token);
        }

        var routed = await context.Services.Upstreams.FindAsync(context.Server, destination, budget.Token);
        await context.ReturnToLoopAsync();
        return await LogInAsync(routed ?? throw new UpstreamException(UpstreamError.UnknownGroup), budget);
    }

    /// <summary>Whether an exception is the upstream's failure, or that of the time.</summary>
    public static bool IsFailure(Exception exception, CancellationToken stop) =>
        exception is UpstreamException or IOException or SocketException || (exception is OperationCanceledException && !stop.IsCancellationRequested);

    /// <summary>The login has failed: closes what is open, and gives the server's place back.</summary>
    public async ValueTask DisposeAsync()
    {
        var (connection, peer) = (Connection, Peer);
        (Connection, Peer) = (null, null);
        try
        {
            if (connection is not null) await connection.DisposeAsync();
        }
        finally
        {
            peer?.Release();
        }
    }

    private async ValueTask<byte[]> LogInAsync(RoutedGroup routed, TimeLimit budget)
    {
        var group = routed.Group;
        var key = group.KeyOf(result.Login, (context.Scope.Client as IPEndPoint)?.Address);
        var began = context.Time.GetTimestamp();
        var tried = new List<UpstreamPeer>(1);
        while (true)
        {
            context.LogContext.Action = SessionAction.ConnectingToUpstream;
            Peer = group.Take(key, tried) ?? throw new UpstreamException(UpstreamError.NoneLeft);
            tried.Add(Peer);
            context.LogContext.UpstreamEndPoint = Peer.EndPoint;
            context.Services.Upstreams.Metrics.Picked(group, Peer);
            using var limit = new TimeLimit(Options.ConnectTimeout ?? ConnectTimeout, context.Time, budget.Token);
            try
            {
                var reply = await TryAsync(new Server(Peer.EndPoint, Peer.TlsHost, routed.Tls ?? context.Server.ProxyTls), limit, limit.Token);
                group.ReportSuccess(Peer);
                return reply;
            }
            catch (Exception exception) when (IsFailure(exception, context.Scope.Drain.Stop))
            {
                await context.ReturnToLoopAsync();
                context.Record?.UpstreamFails(exception.GetType().Name);
                if (!Report(exception, group, Peer)) throw;
                if (!MayTryAnother(tried.Count, began) || budget.HasExpired) throw;
                UpstreamFailureLog.Write(context, exception, result);
                await DisposeAsync();
            }
        }
    }

    private bool MayTryAnother(int tries, long began) =>
        Options.NextUpstream
        && (Options.NextUpstreamTries == 0 || tries < Options.NextUpstreamTries)
        && (Options.NextUpstreamTimeout == TimeSpan.Zero || context.Time.GetElapsedTime(began) < Options.NextUpstreamTimeout);

    /// <summary>Tells the group how its server did.</summary>
    /// <returns>Whether the server failed before it was told who logs in.</returns>
    private bool Report(Exception exception, UpstreamGroup group, UpstreamPeer peer)
    {
        // A login that cannot be sent is not the server's fault.
        if (exception is UpstreamException { Error: UpstreamError.NoPassword or UpstreamError.UnsafeCredentials }) return false;
        var isTold = _dialogue is { HasSentCredentials: true };
        if (isTold && exception is UpstreamException { Reply.Length: > 0 })
        {
            // It answers: what it says of one login tells nothing of the others.
            group.ReportSuccess(peer);
            return false;
        }

        group.ReportFailure(peer);
        if (!isTold) context.Services.Upstreams.Metrics.Failed(group, peer, ReasonOf(exception));
        return !isTold;
    }

    private UpstreamFailure ReasonOf(Exception exception) => exception switch
    {
        OperationCanceledException => UpstreamFailure.Timeout,
        TlsException or UpstreamException { Error: UpstreamError.StarttlsRefused or UpstreamError.StarttlsInjection } => UpstreamFailure.Tls,
        UpstreamException { Error: UpstreamError.Closed } => UpstreamFailure.Closed,
        UpstreamException => UpstreamFailure.Refused,
        _ => Connection is null ? UpstreamFailure.Connect : UpstreamFailure.Closed,
    };

    /// <param name="server">The server.</param>
    /// <param name="untilCredentials">Lifted once the server is told who logs in: the rest may take all the time there is.</param>
    /// <param name="cancellationToken">Of the limit, or of the whole login.</param>
    private async ValueTask<byte[]> TryAsync(Server server, TimeLimit? untilCredentials, CancellationToken cancellationToken)
    {
        _dialogue = null;
        var began = context.Time.GetTimestamp();
        context.Record?.Dials(server.EndPoint);
        var handshake = await context.Services.UpstreamTls.PrepareAsync(server.Tls, result.ProxySsl, server.EndPoint, server.TlsHost);
        await context.ReturnToLoopAsync();
        Connection = await new UpstreamDialer(context.Services.Connections).ConnectAsync(
            server.EndPoint, Options, handshake, context.Scope.Client, context.Scope.Local, context.Scope.TlsSession, context.LogContext, cancellationToken);
        context.Scope.Metrics.UpstreamConnectSeconds.Observe(context.Time.GetElapsedTime(began).TotalSeconds);
        context.Record?.Connected(server.EndPoint);
        var starttls = handshake is { Mode: ProxyTlsMode.Starttls } ? handshake : null;
        _dialogue = new UpstreamDialogue(Connection, Options.Buffer, context.LogContext, starttls) { CredentialsSent = untilCredentials is null ? null : untilCredentials.Lift };
        var reply = await protocol.CreateUpstreamLogin(result).LoginAsync(_dialogue, cancellationToken);
        context.Scope.Metrics.UpstreamLoginSeconds.Observe(context.Time.GetElapsedTime(began).TotalSeconds);
        context.Record?.LoggedIn();
        return reply;
    }

    private readonly record struct Server(EndPoint EndPoint, string? TlsHost, ProxyTlsOptions Tls);
}
