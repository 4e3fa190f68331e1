using System.Text;
using MailProxy.Wire.Imap;

namespace MailProxy.Wire.Tests.Imap;

public sealed class ImapSkipperTests
{
    /// <summary>What follows a line that announced four bytes, and what of it belongs to the same command.</summary>
    public static TheoryData<string, string> Rests => new()
    {
        { "abcd\r\nb NOOP\r\n", "abcd\r\n" },
        { "abcd\nb NOOP\r\n", "abcd\n" },
        { "b NO\r\n", "b NO\r\n" },
        { "abcd and more\r\nb", "abcd and more\r\n" },
        { "abcd {3+}\r\n\r\n\0 {0+}\r\n {1-}\n) \r\nb NOOP\r\n", "abcd {3+}\r\n\r\n\0 {0+}\r\n {1-}\n) \r\n" },
        { "abcd {3}\r\nb NOOP\r\n", "abcd {3}\r\n" },                     // BAD in place of the go-ahead ends it
        { "abcd {3+} x\r\nb", "abcd {3+} x\r\n" },
    };

    [Theory, MemberData(nameof(Rests))]
    public void All_of_an_invalid_command_is_skipped_and_no_more(string input, string skipped)
    {
        for (var size = 1; size <= input.Length; size++) Assert.Equal((ParseStatus.Complete, skipped.Length), Skip(4, input, size));
    }

    [Theory]
    [InlineData(65_536, true)]
    [InlineData(65_537, false)]
    [InlineData(4_294_967_295, false)]
    [InlineData(long.MaxValue, false)]
    public void What_is_announced_must_be_worth_skipping(long literal, bool expected)
    {
        var skipper = new ImapSkipper();
        Assert.Equal((expected, expected), (skipper.TryBegin(literal), skipper.IsActive));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60_000)]
    public void Many_literals_are_too_much_together(int length)
    {
        var part = $" {{{length}+}}\r\n{new string('x', length)}";
        var (status, consumed) = Skip(4, "abcd" + string.Concat(Enumerable.Repeat(part, 140_000 / part.Length)), 512);
        Assert.Equal(ParseStatus.Invalid, status);
        Assert.InRange(consumed, 0, ImapSkipper.Most + part.Length);
    }

    [Fact]
    public void Another_command_begins_with_nothing_skipped()
    {
        var skipper = new ImapSkipper();
        Assert.True(skipper.TryBegin(60_000));
        skipper.Skip(new byte[60_000], out _);
        skipper.Skip("\r\n"u8, out _);
        Assert.False(skipper.IsActive);
        Assert.True(skipper.TryBegin(60_000));
    }

    /// <summary>Skips behind a literal of that many bytes, as a session would that receives so many at a time.</summary>
    private static (ParseStatus Status, int Consumed) Skip(long literal, string text, int size)
    {
        var (input, skipper) = (Encoding.Latin1.GetBytes(text), new ImapSkipper());
        Assert.True(skipper.TryBegin(literal));
        var (begin, end) = (0, size);
        while (true)
        {
            var status = skipper.Skip(input.AsSpan(begin, Math.Min(end, input.Length) - begin), out var consumed);
            begin += consumed;
            if (status != ParseStatus.Incomplete) return (status, begin);
            Assert.True(skipper.IsActive);
            if (consumed > 0) continue;
            Assert.InRange(end, 0, input.Length - 1);
            end += size;
        }
    }
}
