using System.Text;
using MailProxy.Wire.Smtp;

namespace MailProxy.Wire.Tests.Smtp;

public sealed class SmtpCommandParserTests
{
    /// <summary>A command, and how it reads: verb, arguments, text.</summary>
    public static TheoryData<string, string> Commands => new()
    {
        { "NOOP\r\n", "Noop 'NOOP'" },
        { "NOOP\n", "Noop 'NOOP'" },
        { "hElO c\r\n", "Helo [c] 'hElO c'" },
        { "EHLO\r\n", "Ehlo 'EHLO'" },
        { "EHLO  cl.ient \r\n", "Ehlo [cl.ient] 'EHLO  cl.ient'" },
        { "AUTH PLAIN AHUAcA==\r\n", "Auth [PLAIN] [AHUAcA==] 'AUTH PLAIN AHUAcA=='" },
        { "STARTTLS\r\n", "StartTls 'STARTTLS'" },
        { "mail FROM:<a>  BODY=8BITMIME  \r\n", "Mail [FROM:<a>] [BODY=8BITMIME] 'mail FROM:<a>  BODY=8BITMIME'" },
        { "RCPT TO:<b>\tx\r\n", "Rcpt [TO:<b>\tx] 'RCPT TO:<b>\tx'" },
        { "RSET\r\n", "Rset 'RSET'" },
        { "QUIT\r\n", "Quit 'QUIT'" },
        { "VRFY x\r\n", "Vrfy [x] 'VRFY x'" },
        { "EXPN x\r\n", "Expn [x] 'EXPN x'" },
        { "HELP\r\n", "Help 'HELP'" },
        { "NOOP 1 2 3 4 5 6 7 8 9 10 11\r\n", "Noop [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] [11] 'NOOP 1 2 3 4 5 6 7 8 9 10 11'" },
        { "EHLO \0\xFF\r\n", "Ehlo [\0\xFF] 'EHLO \0\xFF'" },
    };

    public static TheoryData<string> InvalidCommands =>
    [
        "\r\n", "\n", " NOOP\r\n", "NOO\r\n", "NOOPS\r\n", "DATA\r\n", "BDAT 10 LAST\r\n", "STARTTLSX\r\n", "NOOP\tx\r\n", "NOOP\r\r\n", "NOOP\rX\r\n",
        "MAIL a\rb\n", "NOOP 1 2 3 4 5 6 7 8 9 10 11 12\r\n", "\rNOOP\r\n", "GET / HTTP/1.0\r\n",
    ];

    [Theory, MemberData(nameof(Commands))]
    public void A_command_is_read_and_every_beginning_of_it_is_incomplete(string input, string expected)
    {
        Assert.Equal($"Complete {expected}", Describe(Bytes(input)));
        ParserContract.IsIncompleteUntilTheEnd(Parse, Bytes(input), ParseStatus.Complete);
    }

    [Theory, MemberData(nameof(InvalidCommands))]
    public void A_line_that_breaks_the_grammar_is_skipped_to_its_line_feed(string input) =>
        ParserContract.IsIncompleteUntilTheEnd(Parse, Bytes(input), ParseStatus.Invalid);

    [Fact]
    public void An_argument_that_is_not_there_is_no_argument() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            SmtpCommandParser.Parse("NOOP x\r\n"u8, out var command);
            command.Argument(-1);
        });

    [Fact]
    public void Any_input_is_survived() =>
        ParserContract.SurvivesFuzzing(Parse, "EHLO cl.ient\r\n", "AUTH PLAIN AHUAcA==\r\n", "MAIL FROM:<a> BODY=8BITMIME\r\nRCPT TO:<b>\n", "NOOP 1 2 3 4 5 6 7 8 9 10 11 12\r\n", "STARTTLS\r\n");

    [Theory]
    [InlineData("MAIL FROM:<a@example.org> SIZE=1000 BODY=8BITMIME\r\n")]
    [InlineData("EHLO cl.ient\r\n")]
    [InlineData("DATA\r\n")]
    [InlineData("EHL")]
    public void A_command_costs_no_memory(string input) => ParserContract.AllocatesNothing(Parse, input);

    /// <summary>Touches every argument, as the session does.</summary>
    private static (ParseStatus Status, int Consumed) Parse(ReadOnlySpan<byte> input)
    {
        var status = SmtpCommandParser.Parse(input, out var command);
        if (command.ArgumentCount > 11) throw new InvalidOperationException("More than eleven arguments.");
        for (var i = 0; i < command.ArgumentCount; i++) _ = command.Argument(i);
        return (status, command.Consumed);
    }

    private static string Describe(byte[] input)
    {
        var status = SmtpCommandParser.Parse(input, out var command);
        var text = new StringBuilder($"{status} {command.Verb}");
        for (var i = 0; i < command.ArgumentCount; i++) text.Append($" [{Encoding.Latin1.GetString(command.Argument(i))}]");
        return text.Append($" '{Encoding.Latin1.GetString(command.Text)}'").ToString();
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
