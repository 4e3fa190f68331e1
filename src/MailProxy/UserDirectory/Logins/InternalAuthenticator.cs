using MailProxy.Authentication;
using MailProxy.Wire;

namespace MailProxy.UserDirectory.Logins;

/// <summary><c>auth_http internal</c>: the users of <c>passdb</c> decide, with no HTTP between.</summary>
internal sealed class InternalAuthenticator(LoginDecider decider) : IAuthenticator
{
    public async ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        var decision = await decider.DecideAsync(LoginFacts.Of(request), request.Log, cancellationToken);
        if (decision.Verdict is LoginVerdict.Unavailable or LoginVerdict.NoUpstream) return AuthDecision.Unavailable(request);
        if (decision.Verdict != LoginVerdict.Accepted) return Refuse(request, decision.Verdict);
        if ((decision.Upstream ?? request.Pass) is not { } upstream)
        {
            LoginLog.NoServer(request.Log, PeerText.ToText(request.Credentials.Login));
            return AuthDecision.Unavailable(request);
        }

        var login = decision.Login ?? request.Credentials.Login;
        var own = request.Credentials.Method == AuthMethod.Plain ? request.Credentials.Secret : null;
        return new AuthResult
        {
            Status = AuthStatus.Accepted,
            Proof = decision.Proof,
            Upstream = upstream,
            Login = login,
            HasLogin = decision.Login is not null,
            UpstreamCredentials = (decision.Password ?? own) is { } password ? new Credentials(AuthMethod.Plain, login, password) : null,
        };
    }

    private static AuthResult Refuse(AuthRequest request, LoginVerdict verdict) => new()
    {
        Status = AuthStatus.Rejected,
        Login = request.Credentials.Login,
        Text = [.. LoginRefusal.Text(verdict, request.Protocol).Select(letter => (byte)letter)],
        ErrorCode = [.. LoginRefusal.Code(verdict).Select(letter => (byte)letter)],
        Wait = LoginRefusal.Wait(request.Attempt),
    };
}
