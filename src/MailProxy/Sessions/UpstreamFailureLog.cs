using System.Net.Sockets;
using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;

namespace MailProxy.Sessions;

/// <summary>Says in nginx's words why a login at an upstream failed.</summary>
internal static class UpstreamFailureLog
{
    public static void Write(SessionContext context, Exception exception, AuthResult result)
    {
        switch (exception)
        {
            case OperationCanceledException: UpstreamLog.TimedOut(context.Log); break;
            case UpstreamException { Error: UpstreamError.Closed }: break;
            case UpstreamException { Error: UpstreamError.NoPassword }: UpstreamLog.NoPassword(context.Log); break;
            case UpstreamException { Error: UpstreamError.UnsafeCredentials }: UpstreamLog.UnsafeCredentials(context.Log); break;
            case UpstreamException { Error: UpstreamError.LoginNotOffered } missing: UpstreamLog.LoginNotOffered(context.Log, missing.Missing); break;
            case UpstreamException { Error: UpstreamError.StarttlsInjection }: UpstreamLog.StarttlsInjection(context.Log); break;
            case UpstreamException { Error: UpstreamError.NoneLeft }: UpstreamLog.NoLiveUpstreams(context.Log); break;
            case UpstreamException { Error: UpstreamError.UnknownGroup }: UpstreamLog.UnknownUpstream(context.Log, context.Destination(result)?.ToString() ?? ""); break;
            case TlsException tls: WriteHandshake(context, tls); break;
            case UpstreamException upstream: WriteReply(context, upstream, result); break;
            case BindException bind: UpstreamLog.BindFailed(context.Log, NginxAddress.OfBind(bind.Local), SocketFailure.Describe(bind)); break;
            default: WriteSocket(context, exception); break;
        }
    }

    /// <summary>As in nginx: what it learns of while it waits for the connection, it blames on its next system call.</summary>
    private static void WriteSocket(SessionContext context, Exception exception)
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

    private static void WriteHandshake(SessionContext context, TlsException exception)
    {
        if (exception.Failure is TlsFailure.Verification or TlsFailure.Name) UpstreamLog.CertificateRefused(context.Log, exception.Message);
        else UpstreamLog.HandshakeFailed(context.Log, exception.Message);
    }

    private static void WriteReply(SessionContext context, UpstreamException exception, AuthResult result)
    {
        var reply = exception.Reply.AsSpan(Math.Min(exception.LoggedFrom, exception.Reply.Length)).TrimEnd("\r\n"u8);
        var text = PeerText.ToText(result.UpstreamCredentials?.Redact(reply) ?? reply);
        if (exception.Error == UpstreamError.StarttlsRefused) UpstreamLog.StarttlsRefused(context.Log, text);
        else if (exception.Error == UpstreamError.ReplyTooLong) UpstreamLog.ReplyTooLong(context.Log, text);
        else if (context.PassesAnswer(exception, result)) UpstreamLog.InvalidResponsePassed(context.Log, text);
        else UpstreamLog.InvalidResponse(context.Log, text);
    }
}
