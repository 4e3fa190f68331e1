using System.Text;
using MailProxy.Wire.Imap;

namespace MailProxy.Wire.Tests.Imap;

public sealed class ImapCommandParserTests
{
    private const int Limit = 4096;

    private static readonly string Tag32 = new('t', 32);

    /// <summary>A command, and how it reads: tag, verb, arguments.</summary>
    public static TheoryData<string, string> Commands => new()
    {
        { "a NOOP\r\n", "a Noop" },
        { "a NOOP\n", "a Noop" },
        { "a nOoP\r\n", "a Noop" },
        { "a CAPABILITY\r\n", "a Capability" },
        { "a LOGOUT\r\n", "a Logout" },
        { "a STARTTLS\r\n", "a StartTls" },
        { "a AUTHENTICATE PLAIN =\r\n", "a Authenticate [PLAIN] [=]" },
        { "AZaz09-._ NOOP\r\n", "AZaz09-._ Noop" },
        { "!#$&',-./0:;<=>?@[]^_`|}~ NOOP\r\n", "!#$&',-./0:;<=>?@[]^_`|}~ Noop" },
        { Tag32 + " NOOP\r\n", Tag32 + " Noop" },
        { "a LOGIN {4-}\r\nuser {4}\r\npass\r\n", "a Login [user] [pass]" },
        { "a ID NIL\r\n", "a Id" },
        { "a id nil \n", "a Id" },
        { "a ID ()\r\n", "a Id" },
        { "a ID  ( \"name\"  \"x\" ) \r\n", "a Id" },
        { "a ID (\"name\" NIL \"version\" \"1\\\"2\")\r\n", "a Id" },
        { "a ID ({4+}\r\nname {4+}\r\n\r\n\0))\r\n", "a Id" },
        { $"a ID ({string.Concat(Enumerable.Repeat("\"k\" \"v\" ", 30))})\r\n", "a Id" },
        { $"a ID (\"{new string('k', 30)}\" \"{string.Concat(Enumerable.Repeat("\\\\", 1024))}\")\r\n", "a Id" },
        { $"a ID ({{30+}}\r\n{new string('k', 30)} {{1024+}}\r\n{new string('v', 1024)})\r\n", "a Id" },
        { "a   NOOP   \r\n", "a Noop" },
        { "a NOOP x  y z \r\n", "a Noop [x] [y] [z]" },
        { "a NOOP x\ty\r\n", "a Noop [x\ty]" },
        { "a LOGIN u\"s(e\\r p}{\r\n", "a Login [u\"s(e\\r] [p}{]" },
        { "a LOGIN \"us er\" \"\"\r\n", "a Login [us er] []" },
        { "a LOGIN \"u\"\"p\"\r\n", "a Login [u] [p]" },
        { "a LOGIN \"u\"p\r\n", "a Login [u] [p]" },
        { "a LOGIN \"\\\"\\\\\\x\" \"\\ \"\r\n", "a Login [\"\\x] [ ]" },
        { "a LOGIN \"u\"{1+}\r\np\r\n", "a Login [u] [p]" },
        { "a LOGIN {4+}\r\nuser {4+}\npass\n", "a Login [user] [pass]" },
        { "a LOGIN {5+}\r\nu\r\n\0\" {3+}\r\n }+\r\n", "a Login [u\r\n\0\"] [ }+]" },
        { "a LOGIN {0+}\r\n {+}\r\n\r\n", "a Login [] []" },
        { "a LOGIN u {0+}\r\n \r\n", "a Login [u] []" },
        { "a LOGIN {0001+}\r\nu p\r\n", "a Login [u] [p]" },
        { "a LOGIN \xFF\0 p\r\n", "a Login [\xFF\0] [p]" },
    };

    /// <summary>A line that breaks the grammar, and the tag that its answer gets.</summary>
    public static TheoryData<string, string> InvalidCommands => new()
    {
        { "\r\n", "" },
        { "\n", "" },
        { " NOOP\r\n", "" },
        { "!!!\r\n", "" },
        { "a(b NOOP\r\n", "" },
        { "a{b NOOP\r\n", "" },
        { "a%b NOOP\r\n", "" },
        { "a*b NOOP\r\n", "" },
        { "a\"b NOOP\r\n", "" },
        { "a\\b NOOP\r\n", "" },
        { "a\u00FFb NOOP\r\n", "" },
        { "a ID\r\n", "a" },
        { "a ID NILS\r\n", "a" },
        { "a ID NIL NIL\r\n", "a" },
        { "a ID NI\r\n", "a" },
        { "a ID (\r\n", "a" },
        { "a ID (\"name\")\r\n", "a" },
        { "a ID (\"name\" \"x\"\r\n", "a" },
        { "a ID (name \"x\")\r\n", "a" },
        { "a ID (\"name\" x)\r\n", "a" },
        { "a ID (NIL \"x\")\r\n", "a" },
        { "a ID (\"name\" (\"x\"))\r\n", "a" },
        { "a ID (\"name\" \"x\") x\r\n", "a" },
        { "a ID (\"name\" {2000}\r\n", "a" },
        { "a ID ({31}\r\n", "a" },
        { $"a ID (\"{new string('k', 31)}\" NIL)\r\n", "a" },
        { $"a ID (\"k\" \"{new string('v', 1025)}\")\r\n", "a" },
        { $"a ID ({string.Concat(Enumerable.Repeat("\"k\" \"v\" ", 31))})\r\n", "a" },
        { "a LOGIN {4096}\r\n", "a" },
        { "a LOGIN {4294967295}\r\n", "a" },
        { "a\r\n", "" },
        { "a\r NOOP\r\n", "" },
        { "a+ NOOP\r\n", "" },
        { Tag32 + "t NOOP\r\n", "" },
        { "a \r\n", "a" },
        { "a NOO\r\n", "a" },
        { "a NOOPS\r\n", "a" },
        { "a SELECT inbox\r\n", "a" },
        { "a\tNOOP\r\n", "" },
        { "a NOOP\t\r\n", "a" },
        { "a N\0OP\r\n", "a" },
        { "a NOOP\rX\r\n", "a" },
        { "a NOOP \rX\r\n", "a" },
        { "a NOOP x\ry\n", "a" },
        { "a NOOP\r\r\n", "a" },
        { "a NOOP x y z w\r\n", "a" },
        { "a NOOP x y z \"w\r\n", "a" },
        { "a NOOP x y z {1}\r\n", "a" },
        { "a LOGIN \"u\r\n", "a" },
        { "a LOGIN \"u\n", "a" },
        { "a LOGIN \"u\\\r\n", "a" },
        { "a LOGIN \"u\\\n", "a" },
        { "a LOGIN {\r\n", "a" },
        { "a LOGIN {x}\r\n", "a" },
        { "a LOGIN {-1}\r\n", "a" },
        { "a LOGIN {1 }\r\n", "a" },
        { "a LOGIN {1}x\r\n", "a" },
        { "a LOGIN {1}\r\r\n", "a" },
        { "a LOGIN {1+2}\r\n", "a" },
        { "a LOGIN {1++} x\r\n", "a" },
        { "a LOGIN {1844674407370955162}\r\n", "a" },
        { "a LOGIN {18446744073709551616}\r\n", "a" },
        { "a LOGIN {99999999999999999999999999}\r\n", "a" },
        { "a LOGIN {1+}\r\nux p\r\n", "a" },
        { "a LOGIN {1+}\r\nu{1}\r\n", "a" },
        { "a LOGIN {1+}\r\nu\"p\"\r\n", "a" },
    };

    [Theory, MemberData(nameof(Commands))]
    public void A_command_is_read_and_every_beginning_of_it_is_incomplete(string input, string expected)
    {
        Assert.Equal($"Complete {expected}", Describe(Bytes(input)));
        ParserContract.IsIncompleteUntilTheEnd(Parse, Bytes(input), ParseStatus.Complete);
    }

    [Theory, MemberData(nameof(InvalidCommands))]
    public void A_line_that_breaks_the_grammar_is_skipped_to_its_line_feed(string input, string tag)
    {
        Assert.Equal(ParseStatus.Invalid, ImapCommandParser.Parse(Bytes(input), Limit, knowsId: true, out var command));
        Assert.Equal(tag, Encoding.Latin1.GetString(command.Tag));
        Assert.Null(command.UnaskedLiteral);
        ParserContract.IsIncompleteUntilTheEnd(Parse, Bytes(input), ParseStatus.Invalid);
    }

    [Theory]
    [InlineData("a FETCH {4+}\r\n", 4L)]
    [InlineData("a FETCH {4-}\n", 4L)]
    [InlineData("a APPEND x ~{4+}\n", 4L)]
    [InlineData("!!! {4+}\r\n", 4L)]
    [InlineData("a NOOP x y z {4+}\r\n", 4L)]
    [InlineData("a ID (\"name\" {1025+}\r\n", 1025L)]
    [InlineData("a LOGIN {4083+}\r\n", 4083L)]
    [InlineData("a LOGIN {4294967295+}\r\n", 4294967295L)]
    [InlineData("a LOGIN {99999999999999999999+}\r\n", long.MaxValue)]
    [InlineData("a LOGIN \"{4+}\n", 4L)]
    [InlineData("a FETCH {{4+}\n", 4L)]
    [InlineData("a FETCH {4+} x\r\n", null)]
    [InlineData("a FETCH {4}\r\n", null)]
    [InlineData("a FETCH {4+\r\n", null)]
    [InlineData("a FETCH {4++}\r\n", null)]
    [InlineData("a FETCH {4 +}\r\n", null)]
    [InlineData("a FETCH {\r\n", null)]
    public void An_invalid_line_may_announce_a_literal_that_comes_unasked(string input, long? follows)
    {
        Assert.Equal(ParseStatus.Invalid, ImapCommandParser.Parse(Bytes(input), Limit, knowsId: true, out var command));
        Assert.Equal(follows, command.UnaskedLiteral);
    }

    [Theory]
    [InlineData("a LOGIN {4079}\r\n", ParseStatus.Incomplete)]
    [InlineData("a LOGIN {4080}\r\n", ParseStatus.Invalid)]
    [InlineData("a AUTHENTICATE PLAIN {12288}\r\n", ParseStatus.Incomplete)]
    [InlineData("a AUTHENTICATE PLAIN {12500}\r\n", ParseStatus.Invalid)]
    public void A_literal_that_does_not_fit_into_the_command_is_refused(string input, object status) =>
        Assert.Equal(status, ImapCommandParser.Parse(Bytes(input), Limit, knowsId: true, out _));

    [Fact]
    public void Id_is_unknown_where_it_is_off()
    {
        Assert.Equal(ParseStatus.Invalid, ImapCommandParser.Parse("a ID (\"x\" {3}\r\n"u8, Limit, knowsId: false, out var command));
        Assert.Equal(0, command.Literals);
    }

    [Theory]
    [InlineData("a LOGIN {4}", ParseStatus.Incomplete, 0)]
    [InlineData("a LOGIN {4}\r", ParseStatus.Incomplete, 0)]
    [InlineData("a LOGIN {4}\r\n", ParseStatus.Incomplete, 1)]
    [InlineData("a LOGIN {4}\n", ParseStatus.Incomplete, 1)]
    [InlineData("a LOGIN {4}\r\nuser {0}\r\n", ParseStatus.Incomplete, 2)]
    [InlineData("a LOGIN {4}\r\nuser {0}\r\n\r\n", ParseStatus.Complete, 2)]
    [InlineData("a LOGIN {4}\r\nuser {4+}\r\npass\r\n", ParseStatus.Complete, 1)]
    [InlineData("a LOGIN {4}\r\nuserx\r\n", ParseStatus.Invalid, 1)]
    [InlineData("a ID ({4}\r\nname {1}\r\n", ParseStatus.Incomplete, 2)]
    [InlineData("a LOGIN {4}\r\nuser {5000}\r\n", ParseStatus.Invalid, 1)]
    [InlineData("a NOOP {4} b\r\n", ParseStatus.Invalid, 0)]
    public void Literals_that_the_client_waits_for_are_counted(string input, object status, int literals)
    {
        Assert.Equal(status, ImapCommandParser.Parse(Bytes(input), Limit, knowsId: true, out var command));
        Assert.Equal(literals, command.Literals);
    }

    [Theory]
    [InlineData("a", "")]
    [InlineData("a ", "a")]
    [InlineData("a LOGIN {400}\r\nuser", "a")]
    [InlineData("a SELECT inb", "a")]
    public void The_tag_of_an_incomplete_command_is_known_once_it_has_ended(string input, string tag)
    {
        Assert.Equal(ParseStatus.Incomplete, ImapCommandParser.Parse(Bytes(input), Limit, knowsId: true, out var command));
        Assert.Equal(tag, Encoding.Latin1.GetString(command.Tag));
    }

    [Fact]
    public void An_argument_that_is_not_there_is_no_argument() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            ImapCommandParser.Parse("a NOOP x\r\n"u8, Limit, knowsId: true, out var command);
            command.Argument(1);
        });

    [Fact]
    public void Any_input_is_survived() => ParserContract.SurvivesFuzzing(
        Parse, "a1 LOGIN {4}\r\nuser {4+}\r\npass\r\n", "a1 LOGIN \"us\\\"er\" {0}\r\n\r\n", "a1 AUTHENTICATE PLAIN AHUAcA==\r\n", "a NOOP x y z w {1+}\r\n", "b CAPABILITY\nc LOGOUT\r\n",
        "a ID (\"name\" \"x\" {1+}\r\nk NIL)\r\n", "a FETCH {3+}\r\nabc {1-}\r\n");

    [Theory]
    [InlineData("a1 NOOP\r\n")]
    [InlineData("a1 LOGIN \"user\" {4}\r\npass\r\n")]
    [InlineData("a1 LOGIN {4}\r\nus")]
    [InlineData("a1 ID (\"name\" {4+}\r\nmine)\r\n")]
    [InlineData("a1 FETCH {4+}\r\n")]
    [InlineData("!!!\r\n")]
    public void A_command_costs_no_memory(string input) => ParserContract.AllocatesNothing(Parse, input);

    /// <summary>Touches every argument, as the session does.</summary>
    private static (ParseStatus Status, int Consumed) Parse(ReadOnlySpan<byte> input)
    {
        var status = ImapCommandParser.Parse(input, Limit, knowsId: true, out var command);
        if (status == ParseStatus.Complete && command.ArgumentCount > 3) throw new InvalidOperationException("More than three arguments.");
        for (var i = 0; i < command.ArgumentCount; i++) _ = command.Argument(i).Raw;
        return (status, command.Consumed);
    }

    private static string Describe(byte[] input)
    {
        var status = ImapCommandParser.Parse(input, Limit, knowsId: true, out var command);
        var text = new StringBuilder($"{status} {Encoding.Latin1.GetString(command.Tag)} {command.Verb}");
        for (var i = 0; i < command.ArgumentCount; i++) text.Append($" [{Encoding.Latin1.GetString(command.Argument(i).ToArray())}]");
        return text.ToString();
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
