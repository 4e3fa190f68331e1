using System.Globalization;
using System.Security.Cryptography;
using Konscious.Security.Cryptography;

namespace MailProxy.Passdb.Schemes;

/// <summary><c>{ARGON2ID}</c>: <c>$argon2id$v=19$m=…,t=…,p=…$salt$hash</c> (RFC 9106).</summary>
internal static class Argon2
{
    // OWASP's figures: as strong as 64 MiB in one pass, and a proxy that hashes on n cores needs n times as much memory.
    private const int Memory = 19_456;
    private const int Passes = 2;
    private const int Lanes = 1;
    private const int SaltSize = 16;
    private const int HashSize = 32;

    /// <summary>In KiB. What is stored must not take the machine's memory.</summary>
    private const int MostMemory = 1 << 20;

    /// <summary>Nobody's password, at the cost of the others.</summary>
    public static string Example { get; } = Format(new byte[SaltSize], new byte[HashSize]);

    public static bool Matches(string stored, ReadOnlySpan<byte> secret)
    {
        if (stored.Split('$') is not ["", "argon2id", "v=19", var costs, var salt, var hash]) throw StoredPassword.Malformed("ARGON2ID");
        var (memory, passes, lanes) = ReadCosts(costs);
        var expected = FromBase64(hash);
        if (expected.Length < 4) throw StoredPassword.Malformed("ARGON2ID");
        // The library takes no empty password, and `mailproxy user` none either.
        return !secret.IsEmpty && CryptographicOperations.FixedTimeEquals(Hash(secret, FromBase64(salt), memory, passes, lanes, expected.Length), expected);
    }

    public static string Create(ReadOnlySpan<byte> secret)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        return Format(salt, Hash(secret, salt, Memory, Passes, Lanes, HashSize));
    }

    private static byte[] Hash(ReadOnlySpan<byte> secret, byte[] salt, int memory, int passes, int lanes, int size)
    {
        using var argon2 = new Argon2id(secret.ToArray()) { Salt = salt, MemorySize = memory, Iterations = passes, DegreeOfParallelism = lanes };
        return argon2.GetBytes(size);
    }

    private static (int Memory, int Passes, int Lanes) ReadCosts(string text)
    {
        var parts = text.Split(',');
        if (parts.Length != 3) throw StoredPassword.Malformed("ARGON2ID");
        var (memory, passes, lanes) = (Read(parts[0], "m=", MostMemory), Read(parts[1], "t=", 1000), Read(parts[2], "p=", 64));
        return memory >= 8 * lanes ? (memory, passes, lanes) : throw StoredPassword.Malformed("ARGON2ID");
    }

    private static int Read(string part, string name, int most)
    {
        var isNumber = part.StartsWith(name, StringComparison.Ordinal) & int.TryParse(part.AsSpan(Math.Min(name.Length, part.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return isNumber && number >= 1 && number <= most ? number : throw StoredPassword.Malformed("ARGON2ID");
    }

    private static string Format(byte[] salt, byte[] hash) =>
        string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={Memory},t={Passes},p={Lanes}${ToBase64(salt)}${ToBase64(hash)}");

    // Without padding.
    private static string ToBase64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            throw StoredPassword.Malformed("ARGON2ID");
        }
    }
}
