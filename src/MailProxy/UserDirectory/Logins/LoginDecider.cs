using System.Text;
using MailProxy.Authentication;
using MailProxy.UserDirectory.Stores;
using MailProxy.Wire;
using MailProxy.Wire.Smtp;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Logins;

/// <summary>Decides on logins by the users of <c>passdb</c>: the one place for <c>auth_http internal</c> and for <c>/auth</c>.</summary>
internal sealed class LoginDecider(LoginDirectory directory)
{
    /// <summary>Decides. Why it is unavailable is logged, by whoever knows.</summary>
    public async ValueTask<LoginDecision> DecideAsync(LoginFacts facts, ILogger log, CancellationToken cancellationToken)
    {
        var (credentials, refusal) = facts.Credentials.Method switch
        {
            AuthMethod.None => NameRecipient(facts),
            AuthMethod.External => NameCertificate(facts, log),
            _ => (facts.Credentials, LoginVerdict.WrongPassword),
        };
        if (credentials is null || credentials.Login.Length == 0) return new LoginDecision(refusal);

        var result = await directory.AuthenticateAsync(new PassdbQuery(credentials, facts.Protocol, facts.Client), cancellationToken);
        return result.Status switch
        {
            PassdbStatus.Ok => Accept(facts, credentials, result, log),
            PassdbStatus.Unavailable => new LoginDecision(LoginVerdict.Unavailable),
            _ when credentials.Method == AuthMethod.None => new LoginDecision(LoginVerdict.UnknownRecipient),
            _ => new LoginDecision(LoginVerdict.WrongPassword),
        };
    }

    private static LoginDecision Accept(LoginFacts facts, Credentials credentials, PassdbResult result, ILogger log)
    {
        if (credentials.Method == AuthMethod.None) return new LoginDecision(LoginVerdict.Accepted) { Upstream = result.Upstream };
        if (credentials.Method != AuthMethod.Plain && result.Password is null && facts.Protocol.UpstreamNeedsPassword)
        {
            LoginLog.NoPassword(log, PeerText.ToText(credentials.Login), Credentials.NameOf(credentials.Method));
            return new LoginDecision(LoginVerdict.Unavailable);
        }

        var named = ReferenceEquals(credentials, facts.Credentials) ? null : credentials.Login;
        var proof = credentials.Method == AuthMethod.External ? ProofCheck.Certificate : result.Proof;
        return new LoginDecision(LoginVerdict.Accepted) { Proof = proof, Upstream = result.Upstream, Login = result.Login ?? named, Password = result.Password };
    }

    /// <summary>Without authentication it is the recipient who is looked up.</summary>
    private static (Credentials? Credentials, LoginVerdict Refusal) NameRecipient(LoginFacts facts)
    {
        var isAddress = SmtpPath.TryRead(facts.Recipient, out var address) && address.Length > 0;
        return (isAddress ? new Credentials(AuthMethod.None, address, []) : null, LoginVerdict.InvalidRecipient);
    }

    /// <summary>The login must be a mailbox or the common name of the certificate; a client that names none is who its certificate says.</summary>
    private static (Credentials? Credentials, LoginVerdict Refusal) NameCertificate(LoginFacts facts, ILogger log)
    {
        var credentials = facts.Credentials;
        var names = facts.Certificate?.ReadLogins() ?? [];
        if (credentials.Login.Length == 0 && names.Count > 0) credentials = new Credentials(AuthMethod.External, Encoding.UTF8.GetBytes(names[0]), []);
        var login = Encoding.UTF8.GetString(credentials.Login);
        if (names.Contains(login, StringComparer.OrdinalIgnoreCase)) return (credentials, LoginVerdict.WrongPassword);
        LoginLog.NotCertified(log, PeerText.ToText(credentials.Login), facts.Certificate is null ? "there is no good one" : "it is another's");
        return (null, LoginVerdict.WrongPassword);
    }
}
