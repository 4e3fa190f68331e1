using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailProxy.UserDirectory.Passwords;

/// <summary>Schemes that hash once, or not at all: quick to check, and to guess.</summary>
[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "Passwords that others stored.")]
internal static class PlainDigests
{
    private const int SaltSize = 16;

    /// <summary><c>{SHA256}</c> and its like: the hash of the password.</summary>
    public static bool Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret, HashAlgorithmName algorithm) =>
        CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(algorithm, secret), stored);

    /// <summary><c>{SSHA512}</c> and its like: the hash of password and salt, then the salt.</summary>
    public static bool? MatchesSalted(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret, HashAlgorithmName algorithm, int size)
    {
        if (stored.Length <= size) return null;
        return CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(algorithm, [.. secret, .. stored[size..]]), stored[..size]);
    }

    /// <summary>A new <c>{SSHA512}</c>.</summary>
    public static string CreateSsha512(ReadOnlySpan<byte> secret)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return Convert.ToBase64String([.. SHA512.HashData([.. secret, .. salt]), .. salt]);
    }

    /// <summary><c>{MD5}</c>: what crypt(3) writes as <c>$1$</c>, else <c>{PLAIN-MD5}</c>.</summary>
    public static bool? MatchesMd5(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret)
    {
        if (stored.StartsWith("$1$"u8)) return LibCrypt.Matches(stored, secret);
        return DecodeMd5(Encoding.UTF8.GetString(stored)) is { } hash ? Matches(hash, secret, HashAlgorithmName.MD5) : null;
    }

    /// <summary>Whether a text that names no scheme can be <c>{MD5}</c>.</summary>
    public static bool CanBeMd5(string text) => text.StartsWith("$1$", StringComparison.Ordinal) || DecodeMd5(text) is not null;

    /// <summary><c>{DIGEST-MD5}</c>: MD5 of <c>user:realm:password</c>; the realm is what stands behind the login's last <c>@</c>.</summary>
    public static bool? MatchesDigestMd5(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> login)
    {
        var at = login.LastIndexOf((byte)'@');
        var user = at < 0 ? login : login[..at];
        var realm = at < 0 ? [] : login[(at + 1)..];
        return CryptographicOperations.FixedTimeEquals(MD5.HashData([.. user, (byte)':', .. realm, (byte)':', .. secret]), stored);
    }

    /// <summary><c>{PLAIN-TRUNC}</c>: <c>length-password</c>. Where the password has that length it may be the beginning of the client's.</summary>
    public static bool? MatchesTruncated(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret)
    {
        var dash = stored.IndexOf((byte)'-');
        if (dash < 0 || !int.TryParse(stored[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var length)) return null;
        var password = stored[(dash + 1)..];
        if (password.Length == length && secret.Length > length) secret = secret[..length];
        return CryptographicOperations.FixedTimeEquals(password, secret);
    }

    private static byte[]? DecodeMd5(string text) => StoredPassword.DecodeGuessing(text, PasswordEncoding.Hex, MD5.HashSizeInBytes);
}
