using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailProxy.UserDirectory.Passwords;

/// <summary><c>{SCRAM-SHA-1}</c>, <c>{SCRAM-SHA-256}</c>: <c>rounds,salt,StoredKey,ServerKey</c> (RFC 5802), the last three in base64.</summary>
internal static class Scram
{
    /// <summary>RFC 5802's least, and Dovecot's.</summary>
    private const int FewestRounds = 4096;

    /// <summary>More would keep a core busy for seconds.</summary>
    private const int MostRounds = 20_000_000;

    public static bool? Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret, HashAlgorithmName algorithm, int size)
    {
        if (Encoding.ASCII.GetString(stored).Split(',') is not [var count, var saltText, var storedText, var serverText]) return null;
        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds is < FewestRounds or > MostRounds) return null;
        var (salt, storedKey, serverKey) = (StoredPassword.FromBase64(saltText), StoredPassword.FromBase64(storedText), StoredPassword.FromBase64(serverText));
        if (salt is null || storedKey?.Length != size || serverKey?.Length != size) return null;

        var salted = Rfc2898DeriveBytes.Pbkdf2(secret, salt, rounds, algorithm, size);
        var clientKey = CryptographicOperations.HmacData(algorithm, salted, "Client Key"u8);
        return CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(algorithm, clientKey), storedKey);
    }
}
