using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Security.Cryptography;

namespace MailProxy.UserDirectory.Passwords;

/// <summary><c>{CRAM-MD5}</c>, <c>{HMAC-MD5}</c>: MD5's state after the outer and after the inner key of HMAC-MD5 (RFC 2104), which .NET does not show.</summary>
[SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "Passwords that others stored.")]
internal static class CramMd5
{
    /// <summary>Bytes of what is stored.</summary>
    public const int Size = 2 * StateSize;

    private const int StateSize = 16;
    private const int BlockSize = 64;
    private const byte OuterPad = 0x5c;
    private const byte InnerPad = 0x36;

    private static readonly int[] Shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
    private static readonly uint[] Sines = [.. Enumerable.Range(1, 64).Select(step => (uint)(long)(Math.Abs(Math.Sin(step)) * (1L << 32)))];

    public static byte[] Hash(ReadOnlySpan<byte> secret)
    {
        var key = new byte[BlockSize];
        if (secret.Length > BlockSize) MD5.HashData(secret, key);
        else secret.CopyTo(key);

        var hash = new byte[Size];
        WriteState(key, OuterPad, hash);
        WriteState(key, InnerPad, hash.AsSpan(StateSize));
        CryptographicOperations.ZeroMemory(key);
        return hash;
    }

    /// <summary>MD5's compression (RFC 1321) of the one block that the padded key is.</summary>
    private static void WriteState(byte[] key, byte pad, Span<byte> output)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        for (var i = 0; i < BlockSize; i++) block[i] = (byte)(key[i] ^ pad);

        ReadOnlySpan<uint> start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
        var (a, b, c, d) = (start[0], start[1], start[2], start[3]);
        for (var step = 0; step < 64; step++)
        {
            var (mixed, word) = (step / 16) switch
            {
                0 => ((b & c) | (~b & d), step),
                1 => ((d & b) | (~d & c), (5 * step) + 1),
                2 => (b ^ c ^ d, (3 * step) + 5),
                _ => (c ^ (b | ~d), 7 * step),
            };
            var sum = a + mixed + Sines[step] + BinaryPrimitives.ReadUInt32LittleEndian(block[(word % 16 * 4)..]);
            (a, b, c, d) = (d, b + BitOperations.RotateLeft(sum, Shifts[(step / 16 * 4) + (step % 4)]), b, c);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(output, start[0] + a);
        BinaryPrimitives.WriteUInt32LittleEndian(output[4..], start[1] + b);
        BinaryPrimitives.WriteUInt32LittleEndian(output[8..], start[2] + c);
        BinaryPrimitives.WriteUInt32LittleEndian(output[12..], start[3] + d);
        CryptographicOperations.ZeroMemory(block);
    }
}
