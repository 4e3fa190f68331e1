using MailProxy.Authentication;

namespace MailProxy.Routing;

/// <summary>Asks whom the session's server says: the auth server of <c>auth_http</c>, or nobody where only <c>proxy_pass</c> is there.</summary>
internal sealed class Authenticators(AuthHttpClient external) : IAuthenticator
{
    public ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken) =>
        request.Options.Url.Length > 0 ? external.AuthenticateAsync(request, cancellationToken) : ValueTask.FromResult(PassOn(request));

    /// <summary>The login goes on to the upstream of <c>proxy_pass</c> as it is, and the upstream decides.</summary>
    private static AuthResult PassOn(AuthRequest request) => new()
    {
        Status = AuthStatus.Accepted,
        Login = request.Credentials.Login,
        UpstreamCredentials = request.Credentials.Method == AuthMethod.Plain ? request.Credentials : null,
        SmtpAuth = request.Credentials.Method != AuthMethod.None,
    };
}
