using System.Text;
using CsCheck;
using MailProxy.Wire.Smtp;

namespace MailProxy.Wire.Tests.Smtp;

public sealed class SmtpPathTests
{
    [Theory]
    [InlineData("RCPT TO:<john@example.org>", "john@example.org")]
    [InlineData("rcpt to:<john@example.org> NOTIFY=NEVER ORCPT=rfc822;a@b", "john@example.org")]
    [InlineData("RCPT TO: <john@example.org>", "john@example.org")]
    [InlineData("RCPT TO:john@example.org SIZE=1", "john@example.org")]
    [InlineData("MAIL FROM:<a> BODY=8BITMIME", "a")]
    [InlineData("MAIL FROM:<>", "")]
    [InlineData("MAIL FROM:<> SIZE=10", "")]
    [InlineData("RCPT TO:<Postmaster>", "Postmaster")]
    [InlineData("RCPT TO:<@one.example,@two.example:john@three.example>", "john@three.example")]
    [InlineData("RCPT TO:<@[IPv6:::1]:john@three.example>", "john@three.example")]
    [InlineData("RCPT TO:<john@[IPv6:2001:db8::1]>", "john@[IPv6:2001:db8::1]")]
    [InlineData("RCPT TO:<\"john smith\"@example.org>", "john smith@example.org")]
    [InlineData("RCPT TO:<\"john\"@example.org>", "john@example.org")]
    [InlineData("RCPT TO:<\"a\\\"b\\\\c>d\"@example.org> X", "a\"b\\c>d@example.org")]
    [InlineData("RCPT TO:<j\u00f6rg@m\u00fcller.example> SMTPUTF8", "j\u00f6rg@m\u00fcller.example")]
    [InlineData("RCPT TO:<john+tag@example.org>", "john+tag@example.org")]
    public void The_address_is_found_whatever_stands_around_it(string command, string address)
    {
        Assert.True(SmtpPath.TryRead(Encoding.UTF8.GetBytes(command), out var found));
        Assert.Equal(address, Encoding.UTF8.GetString(found));
    }

    [Theory]
    [InlineData("")]
    [InlineData("RCPT TO")]
    [InlineData("RCPT TO:")]
    [InlineData("RCPT TO:<john@example.org")]
    [InlineData("RCPT TO:<@one.example>")]
    [InlineData("RCPT TO:<@one.example:>")]
    [InlineData("RCPT TO:<@example.org:@example.org>")]
    [InlineData("RCPT TO:<john@>")]
    [InlineData("RCPT TO:<john smith@example.org>")]
    [InlineData("RCPT TO:<john@exa mple.org>")]
    [InlineData("RCPT TO:<john@a@b>")]
    [InlineData("RCPT TO:<\"john@example.org>")]
    [InlineData("RCPT TO:<\"john\"x@example.org>")]
    [InlineData("RCPT TO:<\"\"@example.org>")]
    [InlineData("RCPT TO:<<john@example.org>>")]
    [InlineData("RCPT TO:<john\u007f@example.org>")]
    public void What_is_no_address_is_none(string command) => Assert.False(SmtpPath.TryRead(Encoding.UTF8.GetBytes(command), out _));

    [Fact]
    public void Whatever_the_bytes_they_never_throw_and_an_address_has_no_control_bytes()
    {
        string[] words = ["RCPT TO:", "<", ">", "\"", "\\", "@", ":", "a", " ", "[", "]", ",", "\0", "\r"];
        Gen.Int[0, words.Length - 1].Select(index => words[index]).Array[0, 20].Sample(parts =>
            !SmtpPath.TryRead(Encoding.ASCII.GetBytes("RCPT TO:" + string.Concat(parts)), out var address) || !address.AsSpan().ContainsAnyInRange((byte)0, (byte)0x1F));
    }
}
