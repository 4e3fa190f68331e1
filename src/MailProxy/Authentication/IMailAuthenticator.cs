namespace MailProxy.Authentication;

/// <summary>
/// Decides on logins in place of <c>auth_http</c> and <c>passdb</c>. Registered as a singleton, before or after the proxy:
/// <c>services.AddSingleton&lt;IMailAuthenticator, Mine&gt;()</c>. Every server of the configuration asks it, and each still
/// needs <c>proxy_pass</c>, which is where logins go that it names no upstream for.
/// </summary>
public interface IMailAuthenticator
{
    /// <summary>Decides on one login. Called by many threads at once, which it must not hold up: it waits by <c>await</c>.</summary>
    /// <param name="login">Who logs in, and from where.</param>
    /// <param name="cancellationToken">The client is gone.</param>
    /// <returns>The decision. An exception is logged, and the client is told of an internal error.</returns>
    ValueTask<MailLoginDecision> AuthenticateAsync(MailLogin login, CancellationToken cancellationToken);
}
