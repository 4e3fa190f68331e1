using System.Text;

namespace MailProxy.Wire.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("\n", "", 1)]
    [InlineData("\r\n", "", 2)]
    [InlineData("a b\r\nc\r\n", "a b", 5)]
    [InlineData("a\r\r\n", "a\r", 4)]
    [InlineData("a\rb\n", "a\rb", 4)]
    public void A_line_ends_in_line_feed_with_or_without_carriage_return(string input, string line, int length)
    {
        Assert.True(CommandLine.TryRead(Encoding.Latin1.GetBytes(input), out var actual, out var consumed));
        Assert.Equal((line, length), (Encoding.Latin1.GetString(actual), consumed));
    }

    [Theory, InlineData(""), InlineData("a"), InlineData("a\r")]
    public void Without_line_feed_there_is_no_line(string input)
    {
        Assert.False(CommandLine.TryRead(Encoding.Latin1.GetBytes(input), out var line, out var consumed));
        Assert.True(line.IsEmpty);
        Assert.Equal(0, consumed);
    }
}
