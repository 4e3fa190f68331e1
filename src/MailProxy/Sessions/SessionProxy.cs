using System.Net.Sockets;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Diagnostics;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using MailProxy.Upstream;
using MailProxy.Wire;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Sessions;

/// <summary>An accepted login: connect to the upstream, log in there, tell the client.</summary>
internal sealed class SessionProxy(SessionContext context, ProtocolSession protocol, MailConnection client)
{
    private readonly CancellationToken _stop = context.Scope.Drain.Stop;
    private ConnectionContext? _upstream;

    public async ValueTask<SessionOutcome> RunAsync(AuthResult result, AuthMethod method)
    {
        context.LogContext.UpstreamEndPoint = result.Upstream?.Literal;
        if (!context.TryTakeConnection())
        {
            protocol.WriteInternalError(client.Output);
            return await SayLastAsync(SessionEndReason.Limit);
        }

        var isLoggedIn = false;
        var logins = context.Scope.Metrics;
        try
        {
            byte[] reply;
            using (var budget = new TimeLimit(context.Server.Timeout, context.Time, _stop))
            {
                try
                {
                    reply = await LogInAsync(result, budget.Token);
                }
                catch (Exception exception) when (IsUpstreamFailure(exception))
                {
                    logins.Logins(Credentials.NameOf(method), LoginResult.UpstreamFailed).Inc();
                    return await FailAsync(exception, result);
                }
            }

            logins.Logins(Credentials.NameOf(method), LoginResult.Ok).Inc();
            isLoggedIn = await TellClientAsync(reply);
            return isLoggedIn ? new SessionOutcome(_upstream, default) : SessionEndReason.ClientError;
        }
        finally
        {
            if (!isLoggedIn)
            {
                if (_upstream is not null) await _upstream.DisposeAsync();
                context.Scope.WorkerConnections.Return();
            }
        }
    }

    /// <returns>What the client is told.</returns>
    private async ValueTask<byte[]> LogInAsync(AuthResult result, CancellationToken cancellationToken)
    {
        var began = context.Time.GetTimestamp();
        var upstream = result.Upstream?.Literal ?? throw new SocketException((int)SocketError.HostNotFound);
        var handshake = await context.Services.UpstreamTls.PrepareAsync(context.Server.ProxyTls, result.ProxySsl, upstream);
        await context.ReturnToLoopAsync();
        _upstream = await new UpstreamDialer(context.Services.Connections).ConnectAsync(
            upstream, context.Server.Proxy, handshake, context.Scope.Client, context.Scope.Local, context.Scope.TlsSession, context.LogContext, cancellationToken);
        context.Scope.Metrics.UpstreamConnectSeconds.Observe(context.Time.GetElapsedTime(began).TotalSeconds);
        var starttls = handshake is { Mode: ProxyTlsMode.Starttls } ? handshake : null;
        var dialogue = new UpstreamDialogue(_upstream, context.Server.Proxy.Buffer, context.LogContext, starttls);
        var reply = await protocol.CreateUpstreamLogin(result).LoginAsync(dialogue, cancellationToken);
        context.Scope.Metrics.UpstreamLoginSeconds.Observe(context.Time.GetElapsedTime(began).TotalSeconds);
        return reply;
    }

    private bool IsUpstreamFailure(Exception exception) =>
        exception is UpstreamException or IOException or SocketException || (exception is OperationCanceledException && !_stop.IsCancellationRequested);

    /// <returns>False where the client is gone.</returns>
    private async ValueTask<bool> TellClientAsync(byte[] reply)
    {
        context.LogContext.Action = null;
        SessionLog.LoggedIn(context.Log);
        client.Output.Text(reply);
        if (!await client.FlushAsync(context.Server.Timeout)) return false;
        client.Disarm();
        client.ForgetWake();
        return true;
    }

    private async ValueTask<SessionEndReason> FailAsync(Exception exception, AuthResult result)
    {
        Log(exception, result);
        if (exception is UpstreamException { Error: UpstreamError.Refused }) result.Forget?.Invoke();
        if (exception is UpstreamException { Error: UpstreamError.Refused } refused && context.Server.Proxy.PassErrorMessage) client.Output.Text(refused.Reply);
        else protocol.WriteInternalError(client.Output);
        return await SayLastAsync(exception is UpstreamException { Error: UpstreamError.Refused } ? SessionEndReason.UpstreamRejected : SessionEndReason.UpstreamUnavailable);
    }

    private async ValueTask<SessionEndReason> SayLastAsync(SessionEndReason reason)
    {
        await client.FlushAsync(context.Server.Timeout);
        return reason;
    }

    private void Log(Exception exception, AuthResult result)
    {
        switch (exception)
        {
            case OperationCanceledException: UpstreamLog.TimedOut(context.Log); break;
            case UpstreamException { Error: UpstreamError.Closed }: break;
            case UpstreamException { Error: UpstreamError.NoPassword }: UpstreamLog.NoPassword(context.Log); break;
            case UpstreamException { Error: UpstreamError.UnsafeCredentials }: UpstreamLog.UnsafeCredentials(context.Log); break;
            case UpstreamException { Error: UpstreamError.StarttlsInjection }: UpstreamLog.StarttlsInjection(context.Log); break;
            case TlsException tls: LogHandshakeFailure(tls); break;
            case UpstreamException upstream: LogReply(upstream, result); break;
            case BindException bind: UpstreamLog.BindFailed(context.Log, NginxAddress.OfBind(bind.Local), SocketFailure.Describe(bind)); break;
            default: LogSocketFailure(exception); break;
        }
    }

    /// <summary>As in nginx: what it learns of while it waits for the connection, it blames on its next system call.</summary>
    private void LogSocketFailure(Exception exception)
    {
        var isConnecting = context.LogContext.Action == SessionAction.ConnectingToUpstream;
        var error = SocketFailure.Find(exception)?.SocketErrorCode;
        if (isConnecting && error is SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.HostDown)
        {
            UpstreamLog.Failed(context.Log, SocketFailure.Describe($"connect() to {context.LogContext.Upstream}", exception));
        }
        else if (isConnecting && error is not (null or SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.TimedOut or SocketError.HostUnreachable))
        {
            UpstreamLog.ConnectFailedUnusually(context.Log, context.LogContext.Upstream!, SocketFailure.Describe(exception));
        }
        else
        {
            context.LogContext.Action = SessionAction.ReadingUpstream;
            UpstreamLog.Failed(context.Log, SocketFailure.Describe("recv()", exception));
        }
    }

    private void LogHandshakeFailure(TlsException exception)
    {
        if (exception.Failure is TlsFailure.Verification or TlsFailure.Name) UpstreamLog.CertificateRefused(context.Log, exception.Message);
        else UpstreamLog.HandshakeFailed(context.Log, exception.Message);
    }

    private void LogReply(UpstreamException exception, AuthResult result)
    {
        var reply = exception.Reply.AsSpan(Math.Min(exception.LoggedFrom, exception.Reply.Length)).TrimEnd("\r\n"u8);
        var text = PeerText.ToText(result.UpstreamCredentials?.Redact(reply) ?? reply);
        if (exception.Error == UpstreamError.StarttlsRefused) UpstreamLog.StarttlsRefused(context.Log, text);
        else if (exception.Error == UpstreamError.ReplyTooLong) UpstreamLog.ReplyTooLong(context.Log, text);
        else if (context.Server.Proxy.PassErrorMessage) UpstreamLog.InvalidResponsePassed(context.Log, text);
        else UpstreamLog.InvalidResponse(context.Log, text);
    }
}
