using System.Text;
using MailProxy.Wire.Imap;

namespace MailProxy.Wire.Tests.Imap;

public sealed class ImapCapabilitiesTests
{
    [Theory]
    [InlineData("* CAPABILITY IMAP4rev1 IDLE\r\n", "IMAP4rev1 IDLE")]
    [InlineData("* capability X\r\n", "X")]
    [InlineData("* OK [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n", "IMAP4rev1 LITERAL+")]
    [InlineData("a1 OK [capability X] in\r\n", "X")]
    [InlineData("* OK hi\r\n* 3 EXISTS\r\n* CAPABILITY X\r\na1 OK in\r\n", "X")]
    [InlineData("* OK text [CAPABILITY X]\r\n", null)]
    [InlineData("* OK [CAPABILITY X\r\n", null)]
    [InlineData("* OK [CAPABILITYX Y] hi\r\n", null)]
    [InlineData("* LIST () {16}\r\n* CAPABILITY X\r\n\r\na1 OK in\r\n", null)]
    [InlineData("a1 CAPABILITY X\r\n", null)]
    [InlineData("a1 OK in\r\n", null)]
    [InlineData("", null)]
    public void A_list_stands_in_an_untagged_response_or_in_a_code(string responses, string? expected)
    {
        var found = ImapCapabilities.TryFind(Encoding.Latin1.GetBytes(responses), out var words);
        Assert.Equal(expected, found ? Encoding.Latin1.GetString(words).Trim() : null);
    }

    [Theory]
    [InlineData("IMAP4rev1 LOGINDISABLED", true)]
    [InlineData(" logindisabled ", true)]
    [InlineData("LOGINDISABLED+ XLOGINDISABLED", false)]
    [InlineData("", false)]
    public void A_word_counts_whole_and_in_any_case(string words, bool expected) =>
        Assert.Equal(expected, ImapCapabilities.Contains(Encoding.Latin1.GetBytes(words), "LOGINDISABLED"u8));
}
