using MailProxy.Observing;
using MailProxy.Transport.Features;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Dialling;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Sessions;

/// <summary>A logged-in session: bytes both ways until one side ends.</summary>
internal sealed class SessionRelay(ConnectionContext connection, SessionContext context)
{
    /// <param name="upstream">Logged in; disposed of at the end.</param>
    /// <param name="peer">Released at the end; null where no group has the upstream.</param>
    public async ValueTask<SessionEndReason> RunAsync(ConnectionContext upstream, UpstreamPeer? peer)
    {
        context.LogContext.Action = SessionAction.Proxying;
        try
        {
            var proxy = context.Server.Proxy;
            var relay = connection.Features.GetRequiredFeature<IRelayFeature>();
            context.Record?.RelayBegins();
            var result = await relay.RelayAsync(upstream, new RelayOptions(proxy.Timeout, context.Server.Timeout, proxy.Buffer, proxy.Buffer), context.Scope.Drain.Stop);
            context.Scope.Metrics.BytesFromClient.Inc(result.BytesFromClient);
            context.Scope.Metrics.BytesFromUpstream.Inc(result.BytesFromUpstream);
            context.Record?.RelayEnds(result.BytesFromClient, result.BytesFromUpstream);
            return Record(result);
        }
        finally
        {
            // However the close goes: a place that is not given back is lost for good.
            try
            {
                await upstream.DisposeAsync();
            }
            finally
            {
                peer?.Release();
                context.Scope.WorkerConnections.Return();
            }
        }
    }

    /// <summary>One log line for the end of the relay.</summary>
    private SessionEndReason Record(RelayResult result)
    {
        switch (result.End)
        {
            case RelayEnd.TimedOut:
                SessionLog.ClientTimedOut(context.Log);
                return SessionEndReason.IdleTimeout;
            case RelayEnd.Stopped:
                SessionLog.ShutdownTimeout(context.Log);
                return SessionEndReason.Shutdown;
            case RelayEnd.ClientError when result.Error is ConnectionAbortedException:
                return SessionEndReason.Shutdown;
            case RelayEnd.ClientError:
                context.LogContext.Action = SessionAction.ReadingClient;
                SessionLog.ClientError(context.Log, SocketFailure.Describe("recv()", result.Error!));
                return SessionEndReason.ClientError;
            case RelayEnd.UpstreamError:
                context.LogContext.Action = SessionAction.ReadingFromUpstream;
                UpstreamLog.Failed(context.Log, SocketFailure.Describe("recv()", result.Error!));
                return SessionEndReason.UpstreamError;
            default:
                context.LogContext.Action = null;
                SessionLog.SessionDone(context.Log);
                return SessionEndReason.Done;
        }
    }
}
