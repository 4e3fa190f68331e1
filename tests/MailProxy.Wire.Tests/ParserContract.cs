using CsCheck;

namespace MailProxy.Wire.Tests;

/// <summary>A parser, reduced to what all of them have.</summary>
internal delegate (ParseStatus Status, int Consumed) Parser(ReadOnlySpan<byte> input);

/// <summary>What holds for every parser, whatever its grammar.</summary>
internal static class ParserContract
{
    private const int Iterations = 20_000;

    /// <summary>Nothing is decided before the last byte, and what follows it changes nothing.</summary>
    public static void IsIncompleteUntilTheEnd(Parser parse, byte[] input, ParseStatus expected)
    {
        for (var length = 0; length < input.Length; length++)
            Assert.Equal((length, ParseStatus.Incomplete, 0), (length, parse(input.AsSpan(0, length)).Status, parse(input.AsSpan(0, length)).Consumed));
        Assert.Equal((expected, input.Length), parse(input));
        Assert.Equal((expected, input.Length), parse([.. input, .. "more\r\n"u8]));
    }

    /// <summary>Random bytes, and samples cut, spliced and with bytes replaced.</summary>
    public static void SurvivesFuzzing(Parser parse, params string[] samples)
    {
        var random = Gen.Byte.Array[0, 300];
        var grammar = Gen.OneOf(" \r\n\0\t\"\\{}+0129*=-.:aZ\xFF"u8.ToArray()).Array[0, 60];
        var sample = Gen.OneOf(samples).Select(text => System.Text.Encoding.Latin1.GetBytes(text));
        var mutated = Gen.Select(sample, sample, grammar, Gen.Int[0, 200], Gen.Int[0, 200]).Select((first, second, noise, cut, paste) =>
            (byte[])[.. first[..Math.Min(cut, first.Length)], .. noise, .. second[Math.Min(paste, second.Length)..]]);
        var replaced = Gen.Select(sample, Gen.Int[0, 200], Gen.Byte).Select((bytes, at, value) =>
        {
            bytes[at % bytes.Length] = value;
            return bytes;
        });
        Gen.Select(Gen.OneOf(random, grammar, mutated, replaced), Gen.Int[0, 300]).Sample((input, cut) => Holds(parse, input, cut), iter: Iterations);
    }

    public static void AllocatesNothing(Parser parse, string input)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(input);
        for (var i = 0; i < 100; i++) parse(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) parse(bytes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Holds(Parser parse, byte[] input, int cut)
    {
        var whole = parse(input);
        Assert.InRange(whole.Consumed, 0, input.Length);
        if (whole.Status == ParseStatus.Incomplete) Assert.Equal(0, whole.Consumed);
        if (whole.Status == ParseStatus.Complete) Assert.NotEqual(0, whole.Consumed);

        // What a beginning has decided, more bytes do not change.
        var beginning = parse(input.AsSpan(0, Math.Min(cut, input.Length)));
        if (beginning.Status != ParseStatus.Incomplete) Assert.Equal(beginning, whole);
    }
}
