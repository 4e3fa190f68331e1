namespace MailProxy.Tests.Transport.Linux;

/// <summary>The bytes of a stream by their position, so that a lost, doubled, moved or foreign byte shows at once, and where.</summary>
internal static class Pattern
{
    // Prime, and no power of two, so that a shift by any buffer's size shows.
    private const int Period = 65521;
    private const int Longest = 128 * 1024;

    private static readonly byte[] Bytes = Create();

    /// <summary>The bytes of a stream from a position on.</summary>
    /// <param name="stream">Which stream.</param>
    /// <param name="position">From where.</param>
    /// <param name="count">At most 128 KiB.</param>
    public static ReadOnlyMemory<byte> At(int stream, long position, int count) =>
        Bytes.AsMemory((int)((position + stream * 7919L) % Period), count);

    public static void Verify(int stream, long position, ReadOnlySpan<byte> received)
    {
        var expected = At(stream, position, received.Length).Span;
        var same = expected.CommonPrefixLength(received);
        if (same < received.Length)
            Assert.Fail($"stream {stream} has 0x{received[same]:X2} at {position + same} in place of 0x{expected[same]:X2}, {received.Length - same} bytes before the end of a read");
    }

    private static byte[] Create()
    {
        var period = new byte[Period];
        new Random(1).NextBytes(period);
        var bytes = new byte[Period + Longest];
        for (var i = 0; i < bytes.Length; i += Period) period.AsSpan(0, Math.Min(Period, bytes.Length - i)).CopyTo(bytes.AsSpan(i));
        return bytes;
    }
}
