namespace MailProxy.Wire.Tests;

public sealed class UpstreamReplyTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("\r\n", false)]
    [InlineData("x\r\n", false)]
    [InlineData("+ \r\n", true)]
    [InlineData("+OK hi", false)]
    [InlineData("+OK hi\n", false)]
    [InlineData("+OK hi\r\n", true)]
    [InlineData("+OK hi\r\nmore", false)]
    [InlineData("+OK hi\r\nmore\r\n", true)]
    public void A_reply_is_whatever_is_there_once_it_ends_in_a_line_end(string data, bool expected) =>
        Assert.Equal(expected, UpstreamReply.IsComplete(System.Text.Encoding.Latin1.GetBytes(data)));
}
