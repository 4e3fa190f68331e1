using System.Text;
using CsCheck;
using MailProxy.Configuration.Syntax;

namespace MailProxy.Tests.Configuration;

/// <summary>Words, quotes, backslashes, comments and blocks.</summary>
public sealed class ConfParserTests
{
    [Theory]
    [InlineData("a b;", "a", "b")]
    [InlineData("a\tb\r\nc\n;", "a", "b", "c")]
    [InlineData("a b # c;\n d;", "a", "b", "d")]
    [InlineData("a b#c;", "a", "b#c")]
    [InlineData("# x { ; \"\na;", "a")]
    [InlineData("a \"b c;{}#\nd\";", "a", "b c;{}#\nd")]
    [InlineData("a 'b \"c\"';", "a", "b \"c\"")]
    [InlineData("a b\"c d\";", "a", "b\"c", "d\"")]
    [InlineData("a \"b\")c;", "a", "b", ")c")]
    [InlineData("a \"\" '';", "a", "", "")]
    [InlineData("a b}c;", "a", "b}c")]
    [InlineData("a ${b} c;", "a", "${b}", "c")]
    [InlineData("a x${b}y;", "a", "x${b}y")]
    [InlineData("a ${{b;", "a", "${{b")]
    [InlineData("a $b;", "a", "$b")]
    [InlineData(@"a \""b\"" c;", "a", "\"b\"", "c")]
    [InlineData(@"a ""b\""c\'d\\e"";", "a", "b\"c'd\\e")]
    [InlineData(@"a b\tc\rd\ne;", "a", "b\tc\rd\ne")]
    [InlineData(@"a b\ c;", "a", @"b\ c")]
    [InlineData(@"a b\;c\{d;", "a", @"b\;c\{d")]
    [InlineData(@"a ""\$b\x"";", "a", @"\$b\x")]
    [InlineData(@"a \#x \}y;", "a", @"\#x", @"\}y")]
    [InlineData(@"a b\\;", "a", @"b\")]
    [InlineData("a b\\\nc;", "a", "b\\\nc")]
    public void Words_are_taken_apart_as_nginx_does(string text, params string[] words) =>
        Assert.Equal(words, Assert.Single(Parse(text)).Words);

    [Theory]
    [InlineData("a\\")]
    [InlineData("a \\;")]
    [InlineData("a \\")]
    [InlineData("a '\\'")]
    [InlineData("a \"b\"")]
    [InlineData("a b # c;")]
    [InlineData("a")]
    public void Words_without_an_end_are_an_error(string text) => Assert.Equal("unexpected end of file, expecting \";\" or \"}\"", Parse(text)[^1].Error);

    [Fact]
    public void An_escaped_dollar_does_not_keep_a_brace_open()
    {
        var node = Assert.Single(Parse(@"a \${ b; }"));
        Assert.Equal(["a", @"\$"], node.Words);
        Assert.Equal(["b"], Assert.Single(node.Children!).Words);
    }

    [Fact]
    public void Blocks_nest_and_lines_are_those_of_the_byte_that_ends_the_words()
    {
        var nodes = Parse("a\n{\n b\n c;\n d { }\n}\ne \"\n\" ;");
        Assert.Equal(["f:2", "f:8"], nodes.Select(node => node.Where));
        Assert.Equal(["f:4", "f:5"], nodes[0].Children!.Select(node => node.Where));
        Assert.Empty(nodes[0].Children![1].Children!);
        Assert.Null(nodes[0].Children![0].Children);
    }

    [Fact]
    public void A_hundred_thousand_open_blocks_are_only_an_error()
    {
        var nodes = Parse(string.Concat(Enumerable.Repeat("a{", 100_000)));
        Assert.Equal("a", Assert.Single(nodes).Name);
    }

    [Fact]
    public void No_bytes_make_the_parser_throw()
    {
        string[] marks = [" ", "\n", ";", "{", "}", "\"", "'", "\\", "#", "$", "${", "a", ")", "\\n", "é"];
        var pieces = Gen.OneOf(Gen.Byte.Array[0, 20], Gen.Int[0, marks.Length - 1].Select(i => Encoding.UTF8.GetBytes(marks[i])));
        pieces.Array[0, 40].Sample(parts =>
        {
            var text = parts.SelectMany(part => part).ToArray();
            Check(ConfParser.ParseFile(text, "f"));
            Check(ConfParser.ParseCommandLine(text));
        });
    }

    [Fact]
    public void Words_that_are_written_in_quotes_come_back_as_they_were()
    {
        Gen.String[0, 10].Array[1, 5].Sample(words =>
        {
            var text = string.Join(' ', words.Select(word => $"\"{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"")) + ";";
            Assert.Equal(words, Assert.Single(Parse(text)).Words);
        });
    }

    private static IReadOnlyList<ConfNode> Parse(string text) => ConfParser.ParseFile(Encoding.UTF8.GetBytes(text), "f");

    /// <summary>Every node has words, but for the one that says why the file ends there.</summary>
    private static void Check(IReadOnlyList<ConfNode> nodes)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            Assert.True(nodes[i].Error is null ? nodes[i].Words.Count > 0 : i == nodes.Count - 1 && nodes[i].Words.Count == 0);
            Check(nodes[i].Children ?? []);
        }
    }
}
