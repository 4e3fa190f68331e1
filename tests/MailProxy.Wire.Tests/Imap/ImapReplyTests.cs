using CsCheck;
using MailProxy.Wire.Imap;

namespace MailProxy.Wire.Tests.Imap;

public sealed class ImapReplyTests
{
    [Theory]
    [InlineData("* OK ready\r\n", true)]
    [InlineData("* OK\r\n", true)]
    [InlineData("* ok ready\r\n", true)]
    [InlineData("* OK[CAPABILITY X] ready\r\n", true)]
    [InlineData("* OKAY\r\n", false)]
    [InlineData("* PREAUTH hi\r\n", false)]
    [InlineData("* BYE no\r\n", false)]
    [InlineData("*OK\r\n", false)]
    [InlineData("220 up\r\n", false)]
    public void Only_an_untagged_ok_is_a_greeting(string reply, bool expected) => Assert.Equal(expected, ImapReply.IsGreeting(Bytes(reply)));

    /// <summary>Whole responses, and what each must not be cut short at.</summary>
    public static TheoryData<string> Responses => new(
        "* OK hi\r\n",
        "* CAPABILITY A B\r\n",
        "* ID (\"name\" {3}\r\nx\r\n {0}\r\n)\r\n",
        "* LIST () \"/\" ~{4+}\r\n\r\n\r\n\r\n",
        "* OK this is text {3}\r\n",
        "* no {3}\r\n",
        "* BYE {99999999999999999999}\r\n",
        "* X {}\r\n",
        "* X 3}\r\n",
        "* X {-1}\r\n",
        "* X {x}\r\n",
        "a OK done {3}\r\n",
        "+ go {3}\r\n",
        "+\r\n",
        "\r\n");

    [Theory, MemberData(nameof(Responses))]
    public void A_response_ends_with_its_line_or_behind_its_literals(string response)
    {
        for (var length = 0; length < response.Length; length++) Assert.Equal(0, ImapReply.ResponseLength(Bytes(response[..length])));
        Assert.Equal(response.Length, ImapReply.ResponseLength(Bytes(response)));
        Assert.Equal(response.Length, ImapReply.ResponseLength(Bytes(response + "* OK next {1}\r\n")));
    }

    [Theory]
    [InlineData("* X {4}\r\nabc")]
    [InlineData("* X {99999999999999999999}\r\nabc\r\n")]
    [InlineData("* X {2147483647}\r\nabc\r\n")]
    public void A_literal_that_is_not_all_there_is_waited_for(string data) => Assert.Equal(0, ImapReply.ResponseLength(Bytes(data)));

    [Theory]
    [InlineData("a1 OK done\r\n", ImapAnswer.Ok)]
    [InlineData("a1 OK\r\n", ImapAnswer.Ok)]
    [InlineData("a1 ok done\r\n", ImapAnswer.Ok)]
    [InlineData("a1 NO never\r\n", ImapAnswer.No)]
    [InlineData("a1 bAd what\r\n", ImapAnswer.Bad)]
    [InlineData("a1 OKAY\r\n", ImapAnswer.Invalid)]
    [InlineData("a1\r\n", ImapAnswer.Invalid)]
    [InlineData("a10 OK done\r\n", ImapAnswer.Invalid)]
    [InlineData("A1 OK done\r\n", ImapAnswer.Invalid)]
    [InlineData("a OK done\r\n", ImapAnswer.Invalid)]
    [InlineData("+ go\r\n", ImapAnswer.Continue)]
    [InlineData("+\r\n", ImapAnswer.Continue)]
    [InlineData("* BYE bye\r\n", ImapAnswer.Bye)]
    [InlineData("* bye\r\n", ImapAnswer.Bye)]
    [InlineData("-ERR\r\n", ImapAnswer.Invalid)]
    [InlineData("\r\n", ImapAnswer.Invalid)]
    public void An_answer_has_untagged_responses_and_a_line_that_ends_it(string last, object expected)
    {
        foreach (var before in new[] { "", "* CAPABILITY X\r\n", "* OK [ALERT] a1 OK done\r\n* ID ({9}\r\na1 NO x\r\n)\r\n* 3 EXISTS\r\n" })
        {
            var answer = before + last;
            for (var length = 0; length < answer.Length; length++) Assert.Equal(0, ImapReply.AnswerLength(Bytes(answer[..length])));
            Assert.Equal(answer.Length, ImapReply.AnswerLength(Bytes(answer)));
            Assert.Equal(answer.Length, ImapReply.AnswerLength(Bytes(answer + "* 4 EXISTS\r\na1 OK again\r\n")));
            Assert.Equal(before.Length, ImapReply.LastLine(Bytes(answer)));
            Assert.Equal(expected, ImapReply.Read(Bytes(answer), "a1"u8));
        }
    }

    [Theory]
    [InlineData("a1 NO wrong", ImapRefusal.Login)]
    [InlineData("a1 NO [AUTHENTICATIONFAILED] wrong", ImapRefusal.Login)]
    [InlineData("a1 NO [EXPIRED] old", ImapRefusal.Login)]
    [InlineData("a1 NO [UNAVAILABLEX] later", ImapRefusal.Login)]
    [InlineData("a1 NO say [UNAVAILABLE] later", ImapRefusal.Login)]
    [InlineData("a1 NO [UNAVAILABLE] later", ImapRefusal.Temporary)]
    [InlineData("a1 no [unavailable] later", ImapRefusal.Temporary)]
    [InlineData("* OK [ALERT] x\r\na1 NO [INUSE] later", ImapRefusal.Temporary)]
    [InlineData("a1 NO [SERVERBUG] later", ImapRefusal.Temporary)]
    [InlineData("a1 NO [PRIVACYREQUIRED] tls", ImapRefusal.NeedsTls)]
    public void The_code_of_a_NO_says_what_it_is_about(string answer, object expected) => Assert.Equal(expected, ImapReply.ReadRefusal(Bytes(answer + "\r\n"), "a1"u8));

    [Fact]
    public void Any_answer_is_survived() =>
        Gen.OneOf(Gen.Byte.Array[0, 100], Gen.OneOf("*+ a1OK{3}[]\r\n"u8.ToArray()).Array[0, 60]).Sample(data =>
        {
            var length = ImapReply.AnswerLength(data);
            Assert.InRange(length, 0, data.Length);
            _ = ImapCapabilities.TryFind(data, out _);
            if (length > 0 && ImapReply.Read(data.AsSpan(0, length), "a1"u8) == ImapAnswer.No) _ = ImapReply.ReadRefusal(data.AsSpan(0, length), "a1"u8);
        }, iter: 20_000);

    private static byte[] Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
