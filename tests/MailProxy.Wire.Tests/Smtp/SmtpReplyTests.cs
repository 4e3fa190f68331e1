using System.Text;
using CsCheck;
using MailProxy.Wire.Smtp;

namespace MailProxy.Wire.Tests.Smtp;

public sealed class SmtpReplyTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("250", false)]
    [InlineData("250 ok", false)]
    [InlineData("250 ok\n", false)]
    [InlineData("\r\n", false)]
    [InlineData("250\r\n", true)]
    [InlineData("250 ok\r\n", true)]
    [InlineData("250-up\r\n", false)]
    [InlineData("250-up\r\n250-XCLIENT\r\n", false)]
    [InlineData("250-up\r\n250 XCLIENT\r\n", true)]
    [InlineData("250-up\r\n250\r\n", true)]
    [InlineData("250-up\r\n25\r\n", false)]
    [InlineData("250 ok\r\n250-extra\r\n", true)]
    public void A_reply_is_complete_with_its_last_line(string data, bool expected) => Assert.Equal(expected, SmtpReply.IsComplete(Encoding.Latin1.GetBytes(data)));

    [Theory]
    [InlineData("250 ok\r\n", 250)]
    [InlineData("535-no\r\n535 no\r\n", 535)]
    [InlineData("25", 0)]
    [InlineData("+25 ok", 0)]
    [InlineData("2x0 ok", 0)]
    public void The_code_is_that_of_the_first_line(string reply, int expected) => Assert.Equal(expected, SmtpReply.Code(Encoding.Latin1.GetBytes(reply)));

    [Fact]
    public void Any_reply_is_survived() =>
        Gen.OneOf(Gen.Byte.Array[0, 100], Gen.OneOf("250- \r\nXCLIENT"u8.ToArray()).Array[0, 60]).Sample(data =>
        {
            if (SmtpReply.IsComplete(data)) Assert.True(data.AsSpan().EndsWith("\r\n"u8));
            Assert.InRange(SmtpReply.Code(data), 0, 999);
            _ = Xclient.ParseOffer(data);
        }, iter: 20_000);
}
