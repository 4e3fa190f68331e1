using MailProxy.Authentication;
using MailProxy.Connections;
using MailProxy.Observing;
using MailProxy.Observing.Metrics;
using MailProxy.Transport.Guards;
using MailProxy.Upstreams.Dialling;

namespace MailProxy.Sessions;

/// <summary>An accepted login: log in at the upstream, tell the client.</summary>
internal sealed class SessionProxy(SessionContext context, ProtocolSession protocol, MailConnection client)
{
    private readonly CancellationToken _stop = context.Scope.Drain.Stop;

    /// <returns>What comes of the session; null where the upstream refused the login and the client may try again.</returns>
    public async ValueTask<SessionOutcome?> RunAsync(AuthResult result, AuthMethod method)
    {
        context.LogContext.UpstreamEndPoint = context.Destination(result)?.Literal;
        if (!context.TryTakeConnection())
        {
            context.WriteUnavailable(protocol, client.Output, context.Destination(result));
            return await SayLastAsync(SessionEndReason.Limit);
        }

        var isLoggedIn = false;
        var upstream = new SessionUpstream(context, protocol, result);
        try
        {
            byte[] reply;
            using (var budget = new TimeLimit(context.Server.Timeout, context.Time, _stop))
            {
                try
                {
                    reply = await upstream.LogInAsync(budget);
                }
                catch (Exception exception) when (SessionUpstream.IsFailure(exception, _stop))
                {
                    await context.ReturnToLoopAsync();
                    context.Scope.Metrics.Logins(Credentials.NameOf(method), ResultOf(exception, result)).Inc();
                    context.Record?.UpstreamFails(exception.GetType().Name);
                    return await FailAsync(exception, result);
                }
            }

            context.Scope.Metrics.Logins(Credentials.NameOf(method), LoginResult.Ok).Inc();
            isLoggedIn = await TellClientAsync(reply);
            return isLoggedIn ? new SessionOutcome(upstream.Connection, upstream.Peer, default) : SessionEndReason.ClientError;
        }
        finally
        {
            if (!isLoggedIn)
            {
                try
                {
                    await upstream.DisposeAsync();
                }
                finally
                {
                    context.Scope.WorkerConnections.Return();
                }
            }
        }
    }

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

    private async ValueTask<SessionOutcome?> FailAsync(Exception exception, AuthResult result)
    {
        UpstreamFailureLog.Write(context, exception, result);
        var reason = SessionEndReason.UpstreamUnavailable;
        if (IsRefusal(exception))
        {
            reason = SessionEndReason.UpstreamRejected;
            result.Forget?.Invoke();
        }

        if (exception is not UpstreamException failure || !context.PassesAnswer(failure, result))
        {
            context.WriteUnavailable(protocol, client.Output, context.Destination(result));
            return await SayLastAsync(reason);
        }

        client.Output.Text(failure.Reply);
        // Where it is the upstream that says whether a password is good, the client may have another.
        if (result.Proof != ProofCheck.Nobody) return await SayLastAsync(reason);
        if (!await client.FlushAsync(context.Server.Timeout)) return reason;
        protocol.ResetLogin();
        context.LogContext.UpstreamEndPoint = null;
        context.LogContext.Action = SessionAction.Authenticating;
        return null;
    }

    private static bool IsRefusal(Exception exception) => exception is UpstreamException { Error: UpstreamError.Refused };

    private static LoginResult ResultOf(Exception exception, AuthResult result) => result.Proof == ProofCheck.Nobody && IsRefusal(exception) ? LoginResult.Rejected : LoginResult.UpstreamFailed;

    private async ValueTask<SessionEndReason> SayLastAsync(SessionEndReason reason)
    {
        await client.FlushAsync(context.Server.Timeout);
        return reason;
    }
}
