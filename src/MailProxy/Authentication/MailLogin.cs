using System.Net;

namespace MailProxy.Authentication;

/// <summary>One login attempt.</summary>
public sealed class MailLogin
{
    /// <summary><c>imap</c>, <c>pop3</c> or <c>smtp</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>How the client authenticates, as <c>Auth-Method</c> of auth_http says it: <c>plain</c>, <c>apop</c>, <c>cram-md5</c>, <c>external</c> or <c>none</c>.</summary>
    public required string Method { get; init; }

    /// <summary>The login as the client sent it, read as UTF-8; empty for the method <c>none</c>.</summary>
    public required string User { get; init; }

    /// <summary>The password, read as UTF-8. Null for every method but <c>plain</c>: no other sends one.</summary>
    public string? Password { get; init; }

    /// <summary>The client, after <c>set_real_ip_from</c>.</summary>
    public required EndPoint Client { get; init; }

    /// <summary>Whether the client's connection is encrypted.</summary>
    public required bool IsEncrypted { get; init; }

    /// <summary>1, 2, …: the attempts of this connection.</summary>
    public required int Attempt { get; init; }

    /// <summary>Neither login nor password, so that a log cannot have them by chance.</summary>
    public override string ToString() => $"{Protocol} {Method} (login and password withheld)";
}
