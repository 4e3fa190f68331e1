using System.Net;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Protocols;

namespace MailProxy.UserDirectory.Stores;

/// <summary>Users and how they prove who they are: one <c>passdb</c> directive.</summary>
internal interface IPassdb : IAsyncDisposable
{
    /// <summary>The driver and what it reads, for messages and metrics: <c>sqlite</c>, <c>passwd-file</c>, <c>pgsql</c>, <c>ldap</c>, <c>static</c>.</summary>
    string Driver { get; }

    /// <summary>Where the directive stands, for messages.</summary>
    string Source { get; }

    /// <summary>Looks the user up and checks the proof. What fails is logged by the driver and returned as <see cref="PassdbStatus.Unavailable"/>.</summary>
    /// <param name="query">Who, and the proof.</param>
    /// <param name="cancellationToken">The session is being closed, or has no time left.</param>
    ValueTask<PassdbResult> AuthenticateAsync(PassdbQuery query, CancellationToken cancellationToken);

    /// <summary>Does to no end what it takes to refuse a user who is known, so that the time of a refusal does not tell who is.</summary>
    /// <param name="credentials">The attempt, with a password.</param>
    /// <param name="cancellationToken">The session is being closed, or has no time left.</param>
    /// <returns>False where that cannot be done now: then users who are known get no answer either.</returns>
    ValueTask<bool> SpendTimeAsync(Credentials credentials, CancellationToken cancellationToken);

    /// <summary>Whether it can be asked now, over connections that no login waits for. Never asked twice at the same time.</summary>
    /// <returns>What is wrong; null where nothing is.</returns>
    ValueTask<string?> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>One login attempt.</summary>
/// <param name="Credentials">Login, method and proof. For <see cref="AuthMethod.External"/> the certificate was already accepted; for <see cref="AuthMethod.None"/> the login is the recipient's address.</param>
/// <param name="Protocol"><c>imap</c>, <c>pop3</c> or <c>smtp</c>.</param>
/// <param name="Client">The client's address; null where it has none.</param>
internal sealed record PassdbQuery(Credentials Credentials, MailProtocol Protocol, IPAddress? Client);

/// <summary>What a <see cref="IPassdb"/> says.</summary>
internal enum PassdbStatus
{
    /// <summary>The user is known, and the proof is good or is for the upstream to check: <see cref="PassdbResult.Proof"/> says which.</summary>
    Ok,

    /// <summary>The user is not known here: the next one is asked.</summary>
    UnknownUser,

    /// <summary>The user is known, the proof is not good: nobody else is asked.</summary>
    WrongPassword,

    /// <summary>No answer is to be had: the client gets a temporary failure, never "wrong password".</summary>
    Unavailable,
}

/// <summary>The answer of a <see cref="IPassdb"/>.</summary>
internal sealed record PassdbResult(PassdbStatus Status)
{
    /// <summary>Ok: whether the proof was found to be good here. <see cref="ProofCheck.Nobody"/> for users whom any password lets in, and where there was none.</summary>
    public ProofCheck Proof { get; init; }

    /// <summary>Where the user's mail is: the extra fields <c>upstream=</c>, or <c>host=</c> and <c>port=</c>. Null where the user has neither: the server's <c>proxy_pass</c> decides.</summary>
    public UpstreamAddress? Upstream { get; init; }

    /// <summary>The login at the upstream, extra field <c>user=</c>. Null: as the client said it.</summary>
    public byte[]? Login { get; init; }

    /// <summary>The password for the upstream where it is not the client's own: a plain stored one (for APOP and CRAM-MD5), or the extra field <c>pass=</c>. Null: the client's own.</summary>
    public byte[]? Password { get; init; }

    public override string ToString() => $"{Status} (details withheld)";
}
