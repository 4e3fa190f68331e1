using System.Security.Cryptography;

namespace MailProxy.Passdb.Schemes;

/// <summary><c>{SSHA512}</c>: base64 of SHA-512(password, salt), then the salt.</summary>
internal static class Ssha512
{
    private const int SaltSize = 16;

    public static bool Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret)
    {
        if (stored.Length < SHA512.HashSizeInBytes) throw StoredPassword.Malformed("SSHA512");
        var hash = Hash(secret, stored[SHA512.HashSizeInBytes..]);
        return CryptographicOperations.FixedTimeEquals(hash, stored[..SHA512.HashSizeInBytes]);
    }

    public static string Create(ReadOnlySpan<byte> secret)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return Convert.ToBase64String([.. Hash(secret, salt), .. salt]);
    }

    private static byte[] Hash(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt) => SHA512.HashData([.. secret, .. salt]);
}
