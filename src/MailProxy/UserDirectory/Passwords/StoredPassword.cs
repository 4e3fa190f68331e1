using System.Text;

namespace MailProxy.UserDirectory.Passwords;

/// <summary>A password as it is stored: <c>{SCHEME}…</c>, with Dovecot's suffixes <c>.HEX</c>, <c>.B64</c> and <c>.BASE64</c>. A secret.</summary>
/// <param name="Scheme">How it is hidden.</param>
/// <param name="Payload">What is stored, decoded.</param>
internal sealed record StoredPassword(PasswordScheme Scheme, byte[] Payload)
{
    /// <summary>What crypt(3) writes as <c>$id$</c>; an id has no more characters.</summary>
    private const int LongestId = 8;

    /// <summary>Nobody's, of the default scheme and its cost.</summary>
    public static StoredPassword Example { get; } = Parse(NewPassword.Example);

    /// <summary>Whether checking it costs less than handing it to another thread.</summary>
    public bool IsCheap => Scheme.IsCheap;

    /// <param name="stored">The text.</param>
    /// <param name="named">The scheme that the directive names for a text that names none; empty where it names none either.</param>
    /// <param name="usual">The driver's own then, but for what stands there as crypt(3) writes it, <c>$id$…</c>.</param>
    /// <exception cref="PassdbException">It makes no sense.</exception>
    public static StoredPassword Parse(string stored, string named = "", string usual = PasswordScheme.Crypt)
    {
        var scheme = FindScheme(stored, named, usual, out var encoding, out var text);
        return new StoredPassword(scheme, Decode(text, encoding, scheme) ?? throw Malformed(scheme.Name));
    }

    /// <summary>The scheme of a stored password.</summary>
    /// <param name="stored">The text.</param>
    /// <param name="named">As for <see cref="Parse"/>.</param>
    /// <param name="usual">As for <see cref="Parse"/>.</param>
    /// <param name="encoding">What a suffix says; null without one.</param>
    /// <param name="text">What stands behind the scheme.</param>
    /// <exception cref="PassdbException">There is none of that name, or none at all.</exception>
    public static PasswordScheme FindScheme(string stored, string named, string usual, out PasswordEncoding? encoding, out string text)
    {
        var end = stored.StartsWith('{') ? stored.IndexOf('}', StringComparison.Ordinal) : -1;
        var name = end > 0 ? stored[1..end] : named.Length > 0 ? named : GuessScheme(stored, usual);
        text = end > 0 ? stored[(end + 1)..] : stored;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        encoding = dot < 0 ? null : FindEncoding(name[(dot + 1)..]) ?? throw new PassdbException($"unknown password encoding \"{Show(name)}\"");
        return PasswordScheme.Find(dot < 0 ? name : name[..dot]) ?? throw new PassdbException($"unknown password scheme \"{Show(name)}\"");
    }

    /// <summary>Whether this is the password. Takes the scheme's time and memory.</summary>
    /// <param name="secret">What the client sent.</param>
    /// <param name="login">The client's login.</param>
    /// <exception cref="PassdbException">What is stored cannot be understood, or the machine cannot check it.</exception>
    public bool Matches(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> login)
    {
        // To C a NUL is the end, and to HMAC zeros at the end are nothing.
        var hasNul = secret.Contains((byte)0);
        return (Scheme.Check(Payload, hasNul ? "?"u8 : secret, login) ?? throw Malformed(Scheme.Name)) && !hasNul;
    }

    public override string ToString() => $"{Scheme.Name} (password withheld)";

    /// <summary>Decodes what has no suffix. Where the size is fixed, the length tells hex from base64, as in Dovecot.</summary>
    /// <returns>Null where it cannot be decoded, or has another size.</returns>
    public static byte[]? DecodeGuessing(string text, PasswordEncoding encoding, int size)
    {
        if (encoding == PasswordEncoding.None) return Encoding.UTF8.GetBytes(text);
        var isHex = size > 0 ? text.Length == 2 * size : encoding == PasswordEncoding.Hex;
        var bytes = (isHex ? FromHex(text) : null) ?? FromBase64(text);
        return size > 0 && bytes?.Length != size ? null : bytes;
    }

    public static byte[]? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : null;
    }

    private static byte[]? Decode(string text, PasswordEncoding? suffix, PasswordScheme scheme)
    {
        if (suffix is not { } encoding) return DecodeGuessing(text, scheme.Encoding, scheme.Size);
        var bytes = encoding == PasswordEncoding.Hex ? FromHex(text) : FromBase64(text);
        return scheme.Size > 0 && bytes?.Length != scheme.Size ? null : bytes;
    }

    private static byte[]? FromHex(string text)
    {
        var bytes = new byte[text.Length / 2];
        return Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done ? bytes : null;
    }

    /// <summary>The scheme of a text that names none, where the directive names none.</summary>
    private static string GuessScheme(string stored, string usual)
    {
        var isCrypt = stored.StartsWith('$') && stored.AsSpan(1).IndexOf('$') is > 0 and <= LongestId;
        var isPossible = isCrypt || usual switch
        {
            PasswordScheme.Crypt => LibCrypt.IsPossible(Encoding.UTF8.GetBytes(stored)),
            PasswordScheme.Md5 => PlainDigests.CanBeMd5(stored),
            _ => true,
        };
        return !isPossible ? throw new PassdbException("a stored password names no {SCHEME}") : isCrypt ? PasswordScheme.Crypt : usual;
    }

    private static PasswordEncoding? FindEncoding(string suffix) => suffix.ToUpperInvariant() switch
    {
        "HEX" => PasswordEncoding.Hex,
        "B64" or "BASE64" => PasswordEncoding.Base64,
        _ => null,
    };

    /// <summary>What is said of a stored password that is none of its scheme.</summary>
    private static PassdbException Malformed(string scheme) => new($"a stored {{{Show(scheme)}}} password is malformed");

    /// <summary>A name that may be anything, since it is read from between braces, perhaps out of a password.</summary>
    private static string Show(string name) => name.Length <= 20 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_') ? name : "?";
}
