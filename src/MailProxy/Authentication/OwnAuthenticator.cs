using System.Text;

namespace MailProxy.Authentication;

/// <summary>Asks the <see cref="IMailAuthenticator"/> of the program that the proxy is a part of.</summary>
internal sealed class OwnAuthenticator(IMailAuthenticator own) : IAuthenticator
{
    public async ValueTask<AuthResult> AuthenticateAsync(AuthRequest request, CancellationToken cancellationToken)
    {
        var credentials = request.Credentials;
        var login = new MailLogin
        {
            Protocol = request.Protocol.Name,
            Method = Credentials.NameOf(credentials.Method),
            User = Encoding.UTF8.GetString(credentials.Login),
            Password = credentials.Method == AuthMethod.Plain ? Encoding.UTF8.GetString(credentials.Secret) : null,
            Client = request.Client,
            IsEncrypted = request.Tls is not null,
            Attempt = request.Attempt,
        };
        try
        {
            return (await own.AuthenticateAsync(login, cancellationToken)).ResultFor(request);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            AuthLog.OwnFailed(request.Log, own.GetType().Name, exception);
            return AuthDecision.Unavailable(request);
        }
    }
}
