using System.Text;
using CsCheck;
using MailProxy.Wire.Smtp;

namespace MailProxy.Wire.Tests.Smtp;

public sealed class SmtpReplyTests
{
    [Theory]
    [InlineData("250\r\n", 250)]
    [InlineData("250 ok\r\n", 250)]
    [InlineData("250-up\r\n250-XCLIENT\r\n250 8BITMIME\r\n", 250)]
    [InlineData("250-up\r\n250\r\n", 250)]
    [InlineData("535-no\r\n535 no\r\n", 535)]
    [InlineData("250-up\r\n550 no\r\n", 0)]
    [InlineData("250-up\r\n25\r\n", 0)]
    [InlineData("250-up\r\n\r\n", 0)]
    [InlineData("250-up\r\n250_x\r\n", 0)]
    [InlineData("250x\r\n", 0)]
    [InlineData("2x0 ok\r\n", 0)]
    [InlineData("* OK\r\n", 0)]
    [InlineData("\r\n", 0)]
    public void A_reply_ends_with_the_first_line_that_none_of_it_follows(string reply, int code)
    {
        for (var length = 0; length < reply.Length; length++) Assert.Equal(0, SmtpReply.Length(Bytes(reply[..length])));
        Assert.Equal(reply.Length, SmtpReply.Length(Bytes(reply)));
        Assert.Equal(reply.Length, SmtpReply.Length(Bytes(reply + "250-next\r\n250 reply\r\n")));
        Assert.Equal(code, SmtpReply.Code(Bytes(reply)));
    }

    [Theory]
    [InlineData("250-up\r\n250-AUTH PLAIN LOGIN\r\n250 X\r\n", true, true)]
    [InlineData("250-up\r\n250-auth login plain\r\n250 X\r\n", true, true)]
    [InlineData("250-up\r\n250 AUTH LOGIN\r\n", false, true)]
    [InlineData("250-up\r\n250-AUTH CRAM-MD5\r\n250 AUTH=PLAIN\r\n", true, false)]
    [InlineData("250-up\r\n250 AUTH\r\n", false, false)]
    [InlineData("250-up\r\n250 XAUTH PLAIN\r\n", false, false)]
    [InlineData("250-up\r\n250 AUTHX PLAIN\r\n", false, false)]
    [InlineData("250-up\r\n250 AUTH PLAINX XLOGIN\r\n", false, false)]
    [InlineData("250 up\r\n", false, false)]
    public void Mechanisms_are_those_of_the_AUTH_lines(string reply, bool plain, bool login)
    {
        Assert.Equal(plain, SmtpReply.OffersAuth(Bytes(reply), "PLAIN"u8));
        Assert.Equal(login, SmtpReply.OffersAuth(Bytes(reply), "LOGIN"u8));
    }

    [Fact]
    public void Any_reply_is_survived() =>
        Gen.OneOf(Gen.Byte.Array[0, 100], Gen.OneOf("250- \r\nXCLIENTAUTH="u8.ToArray()).Array[0, 60]).Sample(data =>
        {
            Assert.InRange(SmtpReply.Length(data), 0, data.Length);
            Assert.InRange(SmtpReply.Code(data), 0, 999);
            _ = SmtpReply.OffersAuth(data, "PLAIN"u8);
            _ = Xclient.ParseOffer(data);
        }, iter: 20_000);

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
