using MailProxy.Wire.Pop3;

namespace MailProxy.Wire.Tests.Pop3;

public sealed class Pop3ReplyTests
{
    [Theory]
    [InlineData("+OK\r\n", true)]
    [InlineData("+OK ready\r\n", true)]
    [InlineData("+ok\r\n", false)]
    [InlineData("-ERR\r\n", false)]
    [InlineData("+ \r\n", false)]
    [InlineData("", false)]
    public void Only_plus_ok_is_positive(string reply, bool expected) => Assert.Equal(expected, Pop3Reply.IsOk(System.Text.Encoding.Latin1.GetBytes(reply)));
}
