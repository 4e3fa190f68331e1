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

    /// <summary>A peer's text that is to be logged; none of it where it repeats the secret, whole or in part, as it is or as SASL carries it. What stood around a masked word would tell a short one.</summary>
    public byte[] Redact(ReadOnlySpan<byte> text) => Secret.Length > 0 && Repeats(text) ? "(withheld, the password is in it)"u8.ToArray() : text.ToArray();

    public override string ToString() => $"{Method} (login and secret withheld)";

    private bool Repeats(ReadOnlySpan<byte> text)
    {
        byte[] message = [0, .. Login, 0, .. Secret];
        var plain = Convert.ToBase64String(message);
        // A reply may be cut: four characters hold three bytes, and from here on some of the secret's.
        var told = Math.Min(plain.Length, ((Login.Length + 2) / 3 * 4) + 4);
        return ContainsInAnyCase(text, Secret)
            || text.IndexOf(Encoding.ASCII.GetBytes(plain[..told].TrimEnd('='))) >= 0
            || text.IndexOf(Encoding.ASCII.GetBytes(Convert.ToBase64String(Secret).TrimEnd('='))) >= 0;
    }

    private static bool ContainsInAnyCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        for (var at = 0; at + word.Length <= text.Length; at++)
        {
            if (Ascii.EqualsIgnoreCase(text.Slice(at, word.Length), word) || text.Slice(at, word.Length).SequenceEqual(word)) return true;
        }

        return false;
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
