using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailProxy.UserDirectory.Passwords;

/// <summary><c>{PBKDF2}</c> as Dovecot writes it: <c>$1$salt$rounds$hex</c>, with HMAC-SHA-1 (RFC 8018).</summary>
[SuppressMessage("Security", "CA5379:Ensure Key Derivation Function algorithm is sufficiently strong", Justification = "Dovecot's form has no other.")]
internal static class Pbkdf2
{
    /// <summary>OWASP's figure for SHA-1.</summary>
    private const int Rounds = 1_300_000;

    /// <summary>More would keep a core busy for seconds.</summary>
    private const int MostRounds = 20_000_000;

    private const int HashSize = 20;
    private const int SaltSize = 12;

    public static bool? Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret)
    {
        string[] parts = Encoding.UTF8.GetString(stored).Split('$');
        if (parts is not ["", "1", var salt, var roundsText, var hex] || hex.Length != 2 * HashSize || !hex.All(char.IsAsciiHexDigit)) return null;
        if (!int.TryParse(roundsText, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds is < 1 or > MostRounds) return null;
        return CryptographicOperations.FixedTimeEquals(Hash(secret, salt, rounds), Convert.FromHexString(hex));
    }

    public static string Create(ReadOnlySpan<byte> secret)
    {
        var salt = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SaltSize));
        return string.Create(CultureInfo.InvariantCulture, $"$1${salt}${Rounds}${Convert.ToHexStringLower(Hash(secret, salt, Rounds))}");
    }

    private static byte[] Hash(ReadOnlySpan<byte> secret, string salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(secret, Encoding.UTF8.GetBytes(salt), rounds, HashAlgorithmName.SHA1, HashSize);
}
