using System.Text;

namespace MailProxy.Wire.Tests;

public sealed class UpstreamReplyTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("+OK hi", 0)]
    [InlineData("+OK hi\n", 0)]
    [InlineData("+OK hi\r", 0)]
    [InlineData("\r\n", 2)]
    [InlineData("+OK hi\r\n", 8)]
    [InlineData("+OK hi\r\nmore\r\n", 8)]
    [InlineData("a\nb\rc\r\n", 7)]
    public void A_line_ends_in_CR_LF(string data, int expected) => Assert.Equal(expected, UpstreamReply.LineLength(Encoding.Latin1.GetBytes(data)));

    [Theory]
    [InlineData("", "")]
    [InlineData(" no", "")]
    [InlineData(" [AUTH] no", "AUTH")]
    [InlineData("[SYS/TEMP]", "SYS/TEMP")]
    [InlineData("  [CAPABILITY A B] x", "CAPABILITY")]
    [InlineData(" no [AUTH]", "")]
    [InlineData(" [AUTH", "")]
    [InlineData(" []", "")]
    public void A_code_stands_in_brackets_before_the_text(string text, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(UpstreamReply.ResponseCode(Encoding.Latin1.GetBytes(text))));
}
