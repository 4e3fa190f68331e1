using System.Diagnostics.CodeAnalysis;
using System.Text;
using MailProxy.Authentication;
using MailProxy.UserDirectory.Passwords;
using MailProxy.Wire;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores;

/// <summary>A passdb that hands out stored passwords, which are checked here.</summary>
internal abstract class StoredPassdb(PassdbOptions options, PasswordVerifier passwords, ILogger log) : IPassdb
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Driver => options.Driver;

    public string Source => options.Source;

    protected PassdbOptions Options => options;

    protected ILogger Log => log;

    public async ValueTask<PassdbResult> AuthenticateAsync(PassdbQuery query, CancellationToken cancellationToken)
    {
        if (!TryReadLogin(query.Credentials, out var login)) return new PassdbResult(PassdbStatus.UnknownUser);
        try
        {
            if (await FindAsync(login, query, cancellationToken) is not { } user) return Unknown(login);
            var accepted = UserDestination.Accept(user, options, query.Protocol);
            var result = await CheckAsync(user, query.Credentials, accepted, cancellationToken);
            return result.Status == PassdbStatus.Ok && query.Credentials.Method != AuthMethod.None && user.AllowNets?.Contains(query.Client) == false ? NotFromThere(query) : result;
        }
        catch (PassdbException exception)
        {
            PassdbLog.Unavailable(log, Driver, options.Source, exception.Message, PeerText.ToText(query.Credentials.Login));
            return new PassdbResult(PassdbStatus.Unavailable);
        }
    }

    public ValueTask<bool> SpendTimeAsync(Credentials credentials, CancellationToken cancellationToken) => passwords.SpendTimeAsync(credentials.Secret, cancellationToken);

    public abstract ValueTask<string?> CheckAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>A login as text; sources have no other. One that is not UTF-8, or has a NUL, is nobody's.</summary>
    internal static bool TryReadLogin(Credentials credentials, [NotNullWhen(true)] out string? login)
    {
        login = null;
        if (credentials.Login.Length == 0 || credentials.Login.Contains((byte)0)) return false;
        try
        {
            login = StrictUtf8.GetString(credentials.Login);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Looks a user up.</summary>
    /// <returns>Null where nobody has this login.</returns>
    /// <exception cref="PassdbException">The source cannot be asked, or what it says cannot be understood.</exception>
    protected abstract ValueTask<PassdbUser?> FindAsync(string login, PassdbQuery query, CancellationToken cancellationToken);

    private async ValueTask<PassdbResult> CheckAsync(PassdbUser user, Credentials credentials, PassdbResult accepted, CancellationToken cancellationToken)
    {
        if (credentials.Method is AuthMethod.External or AuthMethod.None) return accepted;
        if (credentials.Method == AuthMethod.Plain && user.NoPassword) return Unchecked(accepted);
        if (credentials.Method == AuthMethod.Plain)
        {
            if (string.IsNullOrEmpty(user.Password)) return await SpendTimeAsync(credentials, cancellationToken) ? Wrong(credentials) : new PassdbResult(PassdbStatus.Unavailable);
            var isGood = await passwords.VerifyAsync(user.Password, options, credentials, cancellationToken);
            return isGood ? accepted with { Proof = ProofCheck.Directory } : Wrong(credentials);
        }

        if (PasswordVerifier.FindPlain(user.Password, options) is not { } plain)
        {
            PassdbLog.NoPlainPassword(log, Driver, PeerText.ToText(credentials.Login), Credentials.NameOf(credentials.Method));
            return Wrong(credentials);
        }

        return DigestCheck.IsGood(credentials, plain) ? accepted with { Proof = ProofCheck.Directory, Password = accepted.Password ?? plain } : Wrong(credentials);
    }

    /// <summary>The upstream decides, and can only do so by the password that the client has sent.</summary>
    private static PassdbResult Unchecked(PassdbResult accepted) =>
        accepted.Password is null ? accepted : throw new PassdbException("a user has \"nopassword\" and \"pass\", so that nobody would check a password");

    /// <summary>Dovecot's answer too: the client learns nothing of the password.</summary>
    private PassdbResult NotFromThere(PassdbQuery query)
    {
        PassdbLog.NotAllowed(log, Driver, PeerText.ToText(query.Credentials.Login), query.Client?.ToString() ?? "unix:");
        return new PassdbResult(PassdbStatus.WrongPassword);
    }

    private PassdbResult Wrong(Credentials credentials)
    {
        PassdbLog.WrongPassword(log, Driver, PeerText.ToText(credentials.Login));
        return new PassdbResult(PassdbStatus.WrongPassword);
    }

    private PassdbResult Unknown(string login)
    {
        PassdbLog.UnknownUser(log, Driver, PeerText.ToText(Encoding.UTF8.GetBytes(login)));
        return new PassdbResult(PassdbStatus.UnknownUser);
    }
}
