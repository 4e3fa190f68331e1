using System.Text;
using MailProxy.Wire.Pop3;

namespace MailProxy.Wire.Tests.Pop3;

public sealed class Pop3ReplyTests
{
    [Theory]
    [InlineData("+OK\r\n", true, false)]
    [InlineData("+OK ready\r\n", true, false)]
    [InlineData("+ok\r\n", true, false)]
    [InlineData("-ERR\r\n", false, true)]
    [InlineData("-err no\r\n", false, true)]
    [InlineData("+ \r\n", false, false)]
    [InlineData("* OK\r\n", false, false)]
    [InlineData("", false, false)]
    public void A_reply_begins_with_its_status_in_any_case(string reply, bool isOk, bool isError)
    {
        Assert.Equal(isOk, Pop3Reply.IsOk(Bytes(reply)));
        Assert.Equal(isError, Pop3Reply.IsError(Bytes(reply)));
    }

    [Theory]
    [InlineData("-ERR no\r\n")]
    [InlineData("+OK\r\n.\r\n")]
    [InlineData("+OK list\r\nUSER\r\n..\r\n. \r\nUIDL\r\n.\r\n")]
    public void A_list_goes_on_to_the_dot(string reply)
    {
        for (var length = 0; length < reply.Length; length++) Assert.Equal(0, Pop3Reply.MultiLineLength(Bytes(reply[..length])));
        Assert.Equal(reply.Length, Pop3Reply.MultiLineLength(Bytes(reply)));
        Assert.Equal(reply.Length, Pop3Reply.MultiLineLength(Bytes(reply + "+OK next\r\n.\r\n")));
    }

    [Theory]
    [InlineData("-ERR wrong\r\n", false)]
    [InlineData("-ERR [AUTH] wrong\r\n", false)]
    [InlineData("-ERR\r\n", false)]
    [InlineData("-ERR [SYS/TEMP] later\r\n", true)]
    [InlineData("-err [sys/perm] broken\r\n", true)]
    [InlineData("-ERR [IN-USE] later\r\n", true)]
    [InlineData("-ERR [LOGIN-DELAY] later\r\n", true)]
    public void The_code_says_whether_it_is_the_login(string reply, bool expected) => Assert.Equal(expected, Pop3Reply.IsTemporary(Bytes(reply)));

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
