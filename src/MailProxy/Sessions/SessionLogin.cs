using MailProxy.Authentication;
using MailProxy.Connections;
using MailProxy.Observing;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.Wire;

namespace MailProxy.Sessions;

/// <summary>From complete credentials to a login at the upstream, or back to the client's commands.</summary>
internal sealed class SessionLogin(SessionContext context, ProtocolSession protocol, MailConnection client)
{
    private readonly CancellationToken _stop = context.Scope.Drain.Stop;
    private int _attempts;

    private SessionLogContext LogContext => context.LogContext;

    /// <summary>Asks the auth server, and logs in at the upstream that it names.</summary>
    /// <returns>What comes of the session; null when the login failed and the client may try again.</returns>
    public async ValueTask<SessionOutcome?> AttemptAsync(Credentials credentials)
    {
        _attempts++;
        context.Record?.AuthBegins(Credentials.NameOf(credentials.Method), credentials.Login);
        var result = await AskAsync(credentials);
        context.Record?.AuthEnds(ResultOf(result.Status), result.Login);
        switch (result.Status)
        {
            case AuthStatus.Accepted:
                return await new SessionProxy(context, protocol, client).RunAsync(result, credentials.Method);
            case AuthStatus.Rejected:
                Count(credentials.Method, LoginResult.Rejected);
                return await RejectAsync(result) is { } end ? end : null;
            default:
                Count(credentials.Method, LoginResult.AuthUnavailable);
                context.WriteUnavailable(protocol, client.Output, destination: null);
                await client.FlushAsync(context.Server.Timeout);
                return SessionEndReason.AuthUnavailable;
        }
    }

    private async ValueTask<AuthResult> AskAsync(Credentials credentials)
    {
        LogContext.UpstreamEndPoint = null;
        LogContext.Login = PeerText.ToText(credentials.Login);
        while (true)
        {
            LogContext.Action = SessionAction.AskingAuthHttp;
            if (!context.TryTakeConnection()) return new AuthResult { Status = AuthStatus.Unavailable, Login = credentials.Login };
            AuthResult result;
            try
            {
                result = await context.Services.Authenticator.AuthenticateAsync(Request(credentials), _stop);
            }
            finally
            {
                context.Scope.WorkerConnections.Return();
            }

            await context.ReturnToLoopAsync();
            if (result.Login.Length > 0 || result.HasLogin) LogContext.Login = PeerText.ToText(result.Login);
            if (result.Status != AuthStatus.Wait) return result;
            if (result.HasLogin) credentials = new Credentials(credentials.Method, result.Login, credentials.Secret, credentials.Salt);
            if (!await WaitAsync(result.Wait)) return new AuthResult { Status = AuthStatus.Unavailable, Login = credentials.Login };
        }
    }

    /// <summary>As long as the auth server says, which may be for days: the end of the program does not wait for it.</summary>
    /// <returns>False where a graceful shutdown has ended it.</returns>
    private async ValueTask<bool> WaitAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, context.Time, context.Scope.Drain.ComeBack);
            return true;
        }
        catch (OperationCanceledException)
        {
            await context.ReturnToLoopAsync();
            return false;
        }
    }

    private AuthRequest Request(Credentials credentials) => new()
    {
        Options = context.Server.AuthHttp,
        Protocol = context.Protocol,
        Credentials = credentials,
        Attempt = _attempts,
        Client = context.Scope.Client,
        Local = context.Scope.Local,
        ConnectionNumber = LogContext.ConnectionNumber,
        ClientHost = context.ClientHost,
        ProxyHeader = context.Scope.ProxyHeader,
        Tls = context.Scope.TlsSession,
        AsksForCertificate = context.Server.Tls.VerifyClient != ClientVerification.Off,
        Envelope = protocol.Envelope,
        Timeout = context.Server.Timeout,
        Pass = context.Server.Proxy.Pass,
        Log = context.Log,
        TraceParent = context.Record?.TraceParent,
    };

    private async ValueTask<SessionEndReason?> RejectAsync(AuthResult result)
    {
        SessionLog.LoginFailed(context.Log, PeerText.ToText(result.Text));
        if (result.Wait > TimeSpan.Zero && !await WaitAsync(result.Wait))
        {
            protocol.ResetLogin();             // whoever reads its next command says goodbye
            return null;
        }

        protocol.WriteAuthFailure(result, client.Output);
        if (!await client.FlushAsync(context.Server.Timeout) || result.Wait == TimeSpan.Zero) return SessionEndReason.AuthRejected;
        protocol.ResetLogin();
        LogContext.Action = SessionAction.Authenticating;
        return null;
    }

    private static LoginResult ResultOf(AuthStatus status) => status switch
    {
        AuthStatus.Accepted => LoginResult.Ok,
        AuthStatus.Rejected => LoginResult.Rejected,
        _ => LoginResult.AuthUnavailable,
    };

    private void Count(AuthMethod method, LoginResult result) => context.Scope.Metrics.Logins(Credentials.NameOf(method), result).Inc();
}
