namespace MailProxy.Authentication;

/// <summary>Who logs in, and the proof. The only place that holds a secret: <see cref="ToString"/> and logs never show it.</summary>
/// <param name="method">How the client authenticated.</param>
/// <param name="login">The login as the client sent it, decoded.</param>
/// <param name="secret">Password, APOP digest or CRAM-MD5 digest; empty for the methods without one.</param>
/// <param name="salt">The challenge that the digest answers, with its angle brackets (APOP, CRAM-MD5).</param>
internal sealed class Credentials(AuthMethod method, byte[] login, byte[] secret, byte[]? salt = null)
{
    public AuthMethod Method { get; } = method;

    public byte[] Login { get; } = login;

    public byte[] Secret { get; } = secret;

    public byte[]? Salt { get; } = salt;

    /// <summary>The value of <c>Auth-Method</c> and of the metric label <c>method</c>.</summary>
    public static string NameOf(AuthMethod method) => method switch
    {
        AuthMethod.Plain => "plain",
        AuthMethod.Apop => "apop",
        AuthMethod.CramMd5 => "cram-md5",
        AuthMethod.External => "external",
        _ => "none",
    };

    /// <summary>A peer's text that is to be logged, without the secret that a peer may have echoed.</summary>
    public byte[] Redact(ReadOnlySpan<byte> text)
    {
        var clean = new List<byte>(text.Length);
        while (!text.IsEmpty)
        {
            var at = Secret.Length == 0 ? -1 : text.IndexOf(Secret);
            clean.AddRange(at < 0 ? text : text[..at]);
            if (at < 0) break;
            clean.AddRange("***"u8);
            text = text[(at + Secret.Length)..];
        }

        return [.. clean];
    }

    public override string ToString() => $"{Method} (login and secret withheld)";
}

/// <summary>The values of <c>Auth-Method</c>.</summary>
internal enum AuthMethod
{
    /// <summary>PLAIN, LOGIN, IMAP LOGIN, POP3 USER/PASS.</summary>
    Plain,

    /// <summary>POP3 APOP.</summary>
    Apop,

    /// <summary>CRAM-MD5.</summary>
    CramMd5,

    /// <summary>EXTERNAL: the TLS client certificate is the proof.</summary>
    External,

    /// <summary>SMTP without authentication: the recipient decides.</summary>
    None,
}
