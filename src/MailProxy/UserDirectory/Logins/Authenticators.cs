using MailProxy.Authentication;

namespace MailProxy.UserDirectory.Logins;

/// <summary>Asks whom the session's server says: the auth servers of <c>auth_http</c>, the users of <c>passdb</c>, or nobody where only <c>proxy_pass</c> is there.</summary>
internal sealed class Authenticators(AuthHttpClient external, InternalAuthenticator users, AuthMetrics metrics, TimeProvider time) : IAuthenticator
{
    public ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken) =>
        request.Options.Url.Count == 0 ? ValueTask.FromResult(PassOn(request)) : AskAsync(request, request.Options.IsInternal, cancellationToken);

    private async ValueTask<AuthResult> AskAsync(AuthRequest request, bool isInternal, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var result = await (isInternal ? users.AuthenticateAsync(request, cancellationToken) : external.AuthenticateAsync(request, cancellationToken));
        metrics.Observe(isInternal, ResultOf(result), time.GetElapsedTime(began));
        return result;
    }

    /// <summary>The login goes on to the upstream of <c>proxy_pass</c> as it is, and the upstream decides.</summary>
    private static AuthResult PassOn(AuthRequest request)
    {
        var method = request.Credentials.Method;
        if (method is not (AuthMethod.Plain or AuthMethod.None))
        {
            LoginLog.NotPassedOn(request.Log, Credentials.NameOf(method));
            return AuthDecision.Unavailable(request);
        }

        return new AuthResult
        {
            Status = AuthStatus.Accepted,
            Upstream = request.Pass,
            Login = request.Credentials.Login,
            UpstreamCredentials = method == AuthMethod.Plain ? request.Credentials : null,
            SmtpAuth = method == AuthMethod.Plain,
        };
    }

    private static AuthRequestResult ResultOf(AuthResult result) => result.Status switch
    {
        AuthStatus.Accepted => result.IsCached ? AuthRequestResult.Cached : AuthRequestResult.Ok,
        AuthStatus.Rejected => AuthRequestResult.Rejected,
        AuthStatus.Wait => AuthRequestResult.Wait,
        _ => AuthRequestResult.Unavailable,
    };
}
