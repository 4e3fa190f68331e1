using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Protocols;

namespace MailProxy.UserDirectory.Logins;

/// <summary>What became of a login.</summary>
internal enum LoginVerdict
{
    /// <summary>It is let in.</summary>
    Accepted,

    /// <summary>The user, or the proof, is not good.</summary>
    WrongPassword,

    /// <summary>SMTP without authentication: nobody has the recipient's address.</summary>
    UnknownRecipient,

    /// <summary>SMTP without authentication: the RCPT command has no address.</summary>
    InvalidRecipient,

    /// <summary>The users cannot be asked now, or what they say cannot be used. Never the client's fault.</summary>
    Unavailable,

    /// <summary>There is no server to go to now.</summary>
    NoUpstream,
}

/// <summary>The decision on a login.</summary>
internal sealed record LoginDecision(LoginVerdict Verdict)
{
    /// <summary>Accepted: where to; null where the user does not say so.</summary>
    public UpstreamAddress? Upstream { get; init; }

    /// <summary>Accepted: the login from now on; null where it stays the client's.</summary>
    public byte[]? Login { get; init; }

    /// <summary>Accepted: who has checked the proof.</summary>
    public ProofCheck Proof { get; init; }

    /// <summary>Accepted: the password for the upstream; null where it is the client's own, or none.</summary>
    public byte[]? Password { get; init; }

    public override string ToString() => $"{Verdict} (details withheld)";
}

/// <summary>How a refusal is worded, with the protocol's response codes.</summary>
internal static class LoginRefusal
{
    private const int LastWait = 3;

    /// <summary>The value of <c>Auth-Status</c>.</summary>
    public static string Text(LoginVerdict verdict, MailProtocol protocol) => verdict switch
    {
        LoginVerdict.WrongPassword => protocol.WrongPasswordCode + "Authentication failed",
        LoginVerdict.UnknownRecipient => "User unknown",
        LoginVerdict.InvalidRecipient => "Bad recipient address syntax",
        _ => protocol.UnavailableCode + "Temporary server problem, try again later",
    };

    /// <summary>The value of <c>Auth-Error-Code</c>, where the protocol needs one.</summary>
    public static string Code(LoginVerdict verdict) => verdict switch
    {
        LoginVerdict.WrongPassword => "535 5.7.8",
        LoginVerdict.UnknownRecipient => "550 5.1.1",
        LoginVerdict.InvalidRecipient => "501 5.1.3",
        LoginVerdict.NoUpstream => "451 4.3.2",
        _ => "451 4.3.0",
    };

    /// <summary>The value of <c>Auth-Wait</c>: 2, 4 and 8 seconds, then none, which closes the connection.</summary>
    public static TimeSpan Wait(int attempt) => attempt is > 0 and <= LastWait ? TimeSpan.FromSeconds(1 << attempt) : TimeSpan.Zero;
}
