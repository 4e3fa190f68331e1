using MailProxy.Wire.Imap;

namespace MailProxy.Wire.Tests.Imap;

public sealed class ImapReplyTests
{
    [Theory]
    [InlineData("* OK ready\r\n", true)]
    [InlineData("* OK\r\n", true)]
    [InlineData("* PREAUTH hi\r\n", false)]
    [InlineData("* ok ready\r\n", false)]
    [InlineData("* BYE no\r\n", false)]
    [InlineData("*OK\r\n", false)]
    public void Only_an_untagged_ok_is_a_greeting(string reply, bool expected) => Assert.Equal(expected, ImapReply.IsGreeting(Bytes(reply)));

    [Theory]
    [InlineData("+ go\r\n", true)]
    [InlineData("+\r\n\r\n", true)]
    [InlineData("a OK\r\n", false)]
    [InlineData("", false)]
    public void A_plus_asks_for_the_literal(string reply, bool expected) => Assert.Equal(expected, ImapReply.IsContinuation(Bytes(reply)));

    [Theory]
    [InlineData("", ImapLoginAnswer.Incomplete)]
    [InlineData("a1 OK done", ImapLoginAnswer.Incomplete)]
    [InlineData("a1 OK done\n", ImapLoginAnswer.Incomplete)]
    [InlineData("a1 OK done\r\n", ImapLoginAnswer.Ok)]
    [InlineData("a1 OK\r\n", ImapLoginAnswer.Ok)]
    [InlineData("a1 NO never\r\n", ImapLoginAnswer.Failed)]
    [InlineData("a1 ok done\r\n", ImapLoginAnswer.Failed)]
    [InlineData("a10 OK done\r\n", ImapLoginAnswer.Failed)]
    [InlineData("a OK done\r\n", ImapLoginAnswer.Failed)]
    [InlineData("* CAPABILITY X\r\n", ImapLoginAnswer.Incomplete)]
    [InlineData("* CAPABILITY X\r\na1 OK", ImapLoginAnswer.Incomplete)]
    [InlineData("* CAPABILITY X\r\na1 OK done\r\n", ImapLoginAnswer.Ok)]
    [InlineData("* CAPABILITY X\r\na1 NO done\r\n", ImapLoginAnswer.Failed)]
    [InlineData("* CAPABILITY X\r\n* more\r\na1 OK done\r\n", ImapLoginAnswer.Failed)]
    public void One_untagged_line_may_come_before_the_tagged_answer(string data, ImapLoginAnswer expected) =>
        Assert.Equal(expected, ImapReply.ReadLoginAnswer(Bytes(data), "a1"u8));

    private static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
