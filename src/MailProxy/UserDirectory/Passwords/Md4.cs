using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace MailProxy.UserDirectory.Passwords;

/// <summary>MD4 (RFC 1320), which neither .NET nor OpenSSL 3 gives. <c>{PLAIN-MD4}</c>, and <c>{OTP}</c> of its time.</summary>
internal static class Md4
{
    /// <summary>Bytes of a hash.</summary>
    public const int Size = 16;

    private const int BlockSize = 64;
    private const int LengthSize = 8;

    private static readonly int[] Shifts = [3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15];
    private static readonly int[] LastOrder = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];

    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var padded = new byte[(data.Length + LengthSize + BlockSize) / BlockSize * BlockSize];
        data.CopyTo(padded);
        padded[data.Length] = 0x80;
        BinaryPrimitives.WriteUInt64LittleEndian(padded.AsSpan(padded.Length - LengthSize), (ulong)data.Length * 8);

        uint[] state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
        for (var at = 0; at < padded.Length; at += BlockSize) Compress(state, padded.AsSpan(at, BlockSize));
        CryptographicOperations.ZeroMemory(padded);
        var hash = new byte[Size];
        for (var i = 0; i < state.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(hash.AsSpan(4 * i), state[i]);
        return hash;
    }

    private static void Compress(uint[] state, ReadOnlySpan<byte> block)
    {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        for (var step = 0; step < 48; step++)
        {
            var (round, turn) = (step / 16, step % 16);
            var (mixed, word) = round switch
            {
                0 => ((b & c) | (~b & d), turn),
                1 => (((b & c) | (b & d) | (c & d)) + 0x5a827999, (turn % 4 * 4) + (turn / 4)),
                _ => ((b ^ c ^ d) + 0x6ed9eba1, LastOrder[turn]),
            };
            var sum = a + mixed + BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * word)..]);
            (a, b, c, d) = (d, BitOperations.RotateLeft(sum, Shifts[(4 * round) + (step % 4)]), b, c);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
}
