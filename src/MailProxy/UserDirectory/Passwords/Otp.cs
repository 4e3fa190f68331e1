using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MailProxy.UserDirectory.Passwords;

/// <summary><c>{OTP}</c>: <c>algorithm count seed hash</c>, the password hashed so many times (RFC 2289).</summary>
[SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 2289 has no other.")]
[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "RFC 2289 has no other.")]
internal static class Otp
{
    private const int Size = 8;

    /// <summary>More would keep a core busy; Dovecot begins with 1,024 and counts down.</summary>
    private const int MostTurns = 1_000_000;

    public static bool? Matches(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> secret)
    {
        if (Encoding.ASCII.GetString(stored).Split(' ') is not [var name, var count, var seed, var hash]) return null;
        if (Find(name) is not { } algorithm || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var turns) || turns > MostTurns) return null;
        if (hash.Length != 2 * Size || !hash.All(char.IsAsciiHexDigit)) return null;

        var state = algorithm([.. Encoding.ASCII.GetBytes(seed), .. secret]);
        for (var turn = 0; turn < turns; turn++) state = algorithm(state);
        return CryptographicOperations.FixedTimeEquals(state, Convert.FromHexString(hash));
    }

    private static Func<byte[], byte[]>? Find(string name) => name.ToLowerInvariant() switch
    {
        "sha1" => static data => FoldSha1(SHA1.HashData(data)),
        "md5" => static data => Fold(MD5.HashData(data)),
        "md4" => static data => Fold(Md4.Hash(data)),
        _ => null,
    };

    /// <summary>16 bytes to 8.</summary>
    private static byte[] Fold(byte[] hash)
    {
        for (var i = 0; i < Size; i++) hash[i] ^= hash[Size + i];
        return hash[..Size];
    }

    /// <summary>20 bytes to 8, with the bytes of each word turned round.</summary>
    private static byte[] FoldSha1(byte[] hash)
    {
        var (first, second) = (Word(0) ^ Word(2) ^ Word(4), Word(1) ^ Word(3));
        var folded = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(folded, first);
        BinaryPrimitives.WriteUInt32LittleEndian(folded.AsSpan(4), second);
        return folded;

        uint Word(int index) => BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(4 * index));
    }
}
