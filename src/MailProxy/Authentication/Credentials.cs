using System.Text;

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

    /// <summary>A peer's text that is to be logged, without the secret that a peer may have echoed, as it is or as SASL carries it.</summary>
    public byte[] Redact(ReadOnlySpan<byte> text)
    {
        byte[] message = [0, .. Login, 0, .. Secret];
        return Secret.Length == 0 ? text.ToArray() : Replace(Replace(text, Encoding.ASCII.GetBytes(Convert.ToBase64String(message))), Secret);
    }

    public override string ToString() => $"{Method} (login and secret withheld)";

    private static byte[] Replace(ReadOnlySpan<byte> text, ReadOnlySpan<byte> secret)
    {
        var clean = new List<byte>(text.Length);
        for (int at; (at = text.IndexOf(secret)) >= 0; text = text[(at + secret.Length)..])
        {
            clean.AddRange(text[..at]);
            clean.AddRange("***"u8);
        }

        clean.AddRange(text);
        return [.. clean];
    }
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
