using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MailProxy.UserDirectory.Passwords;

/// <summary>Holds what is stored, decoded, against what a client sent.</summary>
/// <param name="stored">What stands behind <c>{SCHEME}</c>, decoded.</param>
/// <param name="secret">The client's password; it has no NUL.</param>
/// <param name="login">The client's login, of which DIGEST-MD5 is made too.</param>
/// <returns>Null where what is stored is none of the scheme.</returns>
/// <exception cref="PassdbException">The machine cannot check it.</exception>
internal delegate bool? PasswordCheck(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> login);

/// <summary>How the bytes of a stored password are written.</summary>
internal enum PasswordEncoding
{
    /// <summary>As they are.</summary>
    None,

    /// <summary><c>.HEX</c>.</summary>
    Hex,

    /// <summary><c>.B64</c>, <c>.BASE64</c>.</summary>
    Base64,
}

/// <summary>How a stored password hides the password: every scheme of <c>doveadm pw -l</c> (Dovecot 2.3 and 2.4), under its names.</summary>
/// <param name="Name">Dovecot's name, in capitals; Dovecot takes any case.</param>
/// <param name="Encoding">How it is written where no suffix says so.</param>
/// <param name="Size">How many bytes it has; 0 for any number. Where it is fixed, hex and base64 are told apart by their lengths.</param>
/// <param name="Check">Whether it is the client's.</param>
/// <param name="IsCheap">Whether a check costs less than handing it to another thread.</param>
internal sealed record PasswordScheme(string Name, PasswordEncoding Encoding, int Size, PasswordCheck Check, bool IsCheap = true)
{
    public const string Plain = "PLAIN";
    public const string Crypt = "CRYPT";
    public const string Md5 = "MD5";

    private static readonly FrozenDictionary<string, PasswordScheme> Table = All().ToFrozenDictionary(scheme => scheme.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Names => Table.Keys;

    /// <summary>Whether the password stands there itself. APOP and CRAM-MD5 need it.</summary>
    public bool IsPlain => Name is Plain or "CLEAR" or "CLEARTEXT";

    /// <summary>That of passwords without <c>{SCHEME}</c>, where the directive names none: Dovecot's.</summary>
    public static string DefaultOf(string driver) => driver switch
    {
        "static" => Plain,
        "passwd-file" => Crypt,
        _ => Md5,
    };

    /// <summary>Finds one by its name, without a suffix, in any case.</summary>
    /// <returns>Null where there is none.</returns>
    public static PasswordScheme? Find(string name) => Table.GetValueOrDefault(name);

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "Passwords that others stored.")]
    private static IEnumerable<PasswordScheme> All()
    {
        foreach (var name in (string[])[Plain, "CLEAR", "CLEARTEXT"])
            yield return new(name, PasswordEncoding.None, 0, static (stored, secret, _) => CryptographicOperations.FixedTimeEquals(stored, secret));
        yield return new("PLAIN-TRUNC", PasswordEncoding.None, 0, static (stored, secret, _) => PlainDigests.MatchesTruncated(stored, secret));

        foreach (var name in (string[])["SHA", "SHA1"]) yield return Digest(name, HashAlgorithmName.SHA1, SHA1.HashSizeInBytes);
        yield return Digest("SHA256", HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        yield return Digest("SHA512", HashAlgorithmName.SHA512, SHA512.HashSizeInBytes);
        yield return Digest("LDAP-MD5", HashAlgorithmName.MD5, MD5.HashSizeInBytes);
        yield return Digest("PLAIN-MD5", HashAlgorithmName.MD5, MD5.HashSizeInBytes, PasswordEncoding.Hex);
        yield return Salted("SMD5", HashAlgorithmName.MD5, MD5.HashSizeInBytes);
        yield return Salted("SSHA", HashAlgorithmName.SHA1, SHA1.HashSizeInBytes);
        yield return Salted("SSHA256", HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        yield return Salted("SSHA512", HashAlgorithmName.SHA512, SHA512.HashSizeInBytes);
        yield return new("PLAIN-MD4", PasswordEncoding.Hex, Md4.Size, static (stored, secret, _) => CryptographicOperations.FixedTimeEquals(Md4.Hash(secret), stored));
        yield return new("DIGEST-MD5", PasswordEncoding.Hex, MD5.HashSizeInBytes, PlainDigests.MatchesDigestMd5);
        foreach (var name in (string[])["CRAM-MD5", "HMAC-MD5"])
            yield return new(name, PasswordEncoding.Hex, CramMd5.Size, static (stored, secret, _) => CryptographicOperations.FixedTimeEquals(CramMd5.Hash(secret), stored));

        foreach (var name in (string[])[Crypt, "DES-CRYPT", "MD5-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT", "BLF-CRYPT"])
            yield return Costly(name, static (stored, secret, _) => Argon2.IsOne(stored) ? Argon2.Matches(stored, secret) : LibCrypt.Matches(stored, secret));
        yield return Costly(Md5, static (stored, secret, _) => PlainDigests.MatchesMd5(stored, secret));
        foreach (var name in (string[])["ARGON2I", "ARGON2ID"]) yield return Costly(name, static (stored, secret, _) => Argon2.Matches(stored, secret));
        yield return Costly("PBKDF2", static (stored, secret, _) => Pbkdf2.Matches(stored, secret));
        yield return Costly("SCRAM-SHA-1", static (stored, secret, _) => Scram.Matches(stored, secret, HashAlgorithmName.SHA1, SHA1.HashSizeInBytes));
        yield return Costly("SCRAM-SHA-256", static (stored, secret, _) => Scram.Matches(stored, secret, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes));
        yield return Costly("OTP", static (stored, secret, _) => Otp.Matches(stored, secret));
    }

    private static PasswordScheme Costly(string name, PasswordCheck check) => new(name, PasswordEncoding.None, 0, check, IsCheap: false);

    private static PasswordScheme Digest(string name, HashAlgorithmName algorithm, int size, PasswordEncoding encoding = PasswordEncoding.Base64) =>
        new(name, encoding, size, (stored, secret, _) => PlainDigests.Matches(stored, secret, algorithm));

    private static PasswordScheme Salted(string name, HashAlgorithmName algorithm, int size) =>
        new(name, PasswordEncoding.Base64, 0, (stored, secret, _) => PlainDigests.MatchesSalted(stored, secret, algorithm, size));
}
