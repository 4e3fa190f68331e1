using System.Text;
using MailProxy.Wire.Pop3;

namespace MailProxy.Wire.Tests.Pop3;

public sealed class Pop3CommandParserTests
{
    /// <summary>A command, and how it reads: verb and arguments.</summary>
    public static TheoryData<string, string> Commands => new()
    {
        { "NOOP\r\n", "Noop" },
        { "NOOP\n", "Noop" },
        { "nOoP\r\n", "Noop" },
        { "QUIT\r\n", "Quit" },
        { "CAPA\r\n", "Capa" },
        { "STLS\r\n", "Stls" },
        { "AUTH\r\n", "Auth" },
        { "AUTH \r\n", "Auth" },
        { "AUTH PLAIN  AHUAcA== \r\n", "Auth [PLAIN] [AHUAcA==]" },
        { "AUTH a b c\r\n", "Auth [a] [b] [c]" },
        { "APOP u\t0123 x\r\n", "Apop [u\t0123] [x]" },
        { "USER\r\n", "User" },
        { "USER   \r\n", "User" },
        { "USER name\r\n", "User [name]" },
        { "USER   a b  c \r\n", "User [a b  c ]" },
        { "pass  p q\n", "Pass [p q]" },
        { "PASS a b c d e\r\n", "Pass [a b c d e]" },
        { "PASS \0\xFF\t\r\n", "Pass [\0\xFF\t]" },
        { "NOOP x y z\r\n", "Noop [x] [y] [z]" },
    };

    public static TheoryData<string> InvalidCommands =>
    [
        "\r\n", "\n", " NOOP\r\n", "NOO\r\n", "NOOPS\r\n", "STAT\r\n", "RETR 1\r\n", "N\0OP\r\n", "NOOP\tx\r\n", "NOOP\r\r\n", "NOOP\rX\r\n", "USER a\rb\n",
        "PASS a\r b\r\n", "NOOP x y z w\r\n", "AUTH a b c d\r\n", "\rNOOP\r\n", "-\n",
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
            Pop3CommandParser.Parse("NOOP x\r\n"u8, out var command);
            command.Argument(1);
        });

    [Fact]
    public void Any_input_is_survived() =>
        ParserContract.SurvivesFuzzing(Parse, "USER a b\r\nPASS  p q \r\n", "AUTH PLAIN AHUAcA==\r\n", "APOP u 0123\n", "NOOP x y z w\r\n", "QUIT\r\n");

    [Theory]
    [InlineData("USER user@example.org\r\n")]
    [InlineData("AUTH PLAIN AHUAcA==\r\n")]
    [InlineData("STAT\r\n")]
    [InlineData("USE")]
    public void A_command_costs_no_memory(string input) => ParserContract.AllocatesNothing(Parse, input);

    /// <summary>Touches every argument, as the session does.</summary>
    private static (ParseStatus Status, int Consumed) Parse(ReadOnlySpan<byte> input)
    {
        var status = Pop3CommandParser.Parse(input, out var command);
        if (command.ArgumentCount > 3) throw new InvalidOperationException("More than three arguments.");
        for (var i = 0; i < command.ArgumentCount; i++) _ = command.Argument(i);
        return (status, command.Consumed);
    }

    private static string Describe(byte[] input)
    {
        var status = Pop3CommandParser.Parse(input, out var command);
        var text = new StringBuilder($"{status} {command.Verb}");
        for (var i = 0; i < command.ArgumentCount; i++) text.Append($" [{Encoding.Latin1.GetString(command.Argument(i))}]");
        return text.ToString();
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
