using System.Security.Cryptography;
using System.Text;

namespace MailProxy.Passdb.Schemes;

/// <summary>A password as it is stored: <c>{SCHEME}…</c>, with Dovecot's suffixes <c>.HEX</c>, <c>.B64</c> and <c>.BASE64</c>. A secret.</summary>
/// <param name="Scheme">How it is hidden.</param>
/// <param name="Payload">What is stored, decoded.</param>
internal sealed record StoredPassword(PasswordScheme Scheme, byte[] Payload)
{
    /// <summary>Nobody's, of the default scheme and its cost.</summary>
    public static StoredPassword Example { get; } = Parse(NewPassword.Example, "");

    /// <summary>Whether checking it costs less than handing it to another thread.</summary>
    public bool IsCheap => Scheme is PasswordScheme.Plain or PasswordScheme.Ssha512;

    /// <param name="stored">The text.</param>
    /// <param name="defaultScheme">The scheme of a text that names none; empty for <c>CRYPT</c>.</param>
    /// <exception cref="PassdbException">It makes no sense.</exception>
    public static StoredPassword Parse(string stored, string defaultScheme)
    {
        var name = defaultScheme.Length == 0 ? "CRYPT" : defaultScheme;
        var end = stored.StartsWith('{') ? stored.IndexOf('}', StringComparison.Ordinal) : -1;
        if (end > 0) (name, stored) = (stored[1..end], stored[(end + 1)..]);
        else if (defaultScheme.Length == 0 && !stored.StartsWith('$')) throw new PassdbException("a stored password names no {SCHEME}");

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var encoding = dot < 0 ? "" : name[(dot + 1)..];
        var scheme = FindScheme(dot < 0 ? name : name[..dot]) ?? throw new PassdbException($"unknown password scheme \"{Show(name)}\"");
        // crypt(3) does not know it, but what is written so can be nothing else.
        if (scheme == PasswordScheme.Crypt && stored.StartsWith("$argon2id$", StringComparison.Ordinal)) scheme = PasswordScheme.Argon2Id;
        var isBinary = scheme == PasswordScheme.Ssha512;
        return new StoredPassword(scheme, Decode(stored, encoding.Length == 0 && isBinary ? "B64" : encoding, name));
    }

    /// <summary>The scheme of a name, in any case; null where there is none.</summary>
    public static PasswordScheme? FindScheme(string name) => name.ToUpperInvariant() switch
    {
        "PLAIN" or "CLEARTEXT" => PasswordScheme.Plain,
        "SSHA512" => PasswordScheme.Ssha512,
        "CRYPT" or "SHA512-CRYPT" or "BLF-CRYPT" => PasswordScheme.Crypt,
        "PBKDF2" => PasswordScheme.Pbkdf2,
        "ARGON2ID" => PasswordScheme.Argon2Id,
        _ => null,
    };

    /// <summary>Whether this is the password. Takes the scheme's time and memory.</summary>
    /// <exception cref="PassdbException">What is stored cannot be understood, or the machine cannot check it.</exception>
    public bool Matches(ReadOnlySpan<byte> secret) => Scheme switch
    {
        PasswordScheme.Plain => CryptographicOperations.FixedTimeEquals(Payload, secret),
        PasswordScheme.Ssha512 => Ssha512.Matches(Payload, secret),
        PasswordScheme.Pbkdf2 => Pbkdf2.Matches(Encoding.UTF8.GetString(Payload), secret),
        PasswordScheme.Argon2Id => Argon2.Matches(Encoding.UTF8.GetString(Payload), secret),
        _ => LibCrypt.Matches(Payload, secret),
    };

    public override string ToString() => $"{Scheme} (password withheld)";

    private static byte[] Decode(string text, string encoding, string name)
    {
        try
        {
            return encoding.ToUpperInvariant() switch
            {
                "" => Encoding.UTF8.GetBytes(text),
                "HEX" => Convert.FromHexString(text),
                "B64" or "BASE64" => Convert.FromBase64String(text),
                _ => throw new PassdbException($"unknown password encoding \"{Show(name)}\""),
            };
        }
        catch (FormatException)
        {
            throw Malformed(name);
        }
    }

    /// <summary>What is said of a stored password that is none of its scheme.</summary>
    public static PassdbException Malformed(string scheme) => new($"a stored {{{Show(scheme)}}} password is malformed");

    /// <summary>A name that may be anything, since it is read from between braces, perhaps out of a password.</summary>
    private static string Show(string name) => name.Length <= 20 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_') ? name : "?";
}
