namespace MailProxy.Configuration.Syntax;

/// <summary>Turns the text of one file into its tree. Includes are not opened: they are directives like others here.</summary>
internal static class ConfParser
{
    /// <summary>Where messages about <c>-g</c> point to.</summary>
    public const string CommandLine = "command line";

    /// <summary>Reads a file up to its end or to its first error of grammar, which is then the last node where it was found.</summary>
    public static IReadOnlyList<ConfNode> ParseFile(ReadOnlyMemory<byte> text, string path)
    {
        // Editors put a byte order mark there; nginx takes it for a part of the first word.
        var lexer = new ConfLexer(text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text, isFile: true);
        var words = new List<string>();
        var block = new List<ConfNode>();
        var open = new Stack<(List<ConfNode> Outer, string[] Words, string Where, bool IsText)>();
        while (true)
        {
            var end = lexer.Read(words);
            var where = $"{path}:{lexer.Line}";
            switch (end)
            {
                case ConfEnd.Semicolon:
                    block.Add(new ConfNode([.. words], null, where, lexer.IsText));
                    continue;
                case ConfEnd.BlockStart:
                    open.Push((block, [.. words], where, lexer.IsText));
                    block = [];
                    continue;
                case ConfEnd.BlockEnd when open.Count > 0:
                    block = Close(open, block);
                    continue;
                case ConfEnd.EndOfFile when open.Count == 0:
                    return block;
            }

            block.Add(ConfNode.Broken(Reason(end, lexer), where));
            while (open.Count > 0) block = Close(open, block);
            return block;
        }
    }

    /// <summary>Reads the directives of <c>-g</c>, which may have no blocks.</summary>
    public static IReadOnlyList<ConfNode> ParseCommandLine(ReadOnlyMemory<byte> text)
    {
        var lexer = new ConfLexer(text, isFile: false);
        var words = new List<string>();
        var nodes = new List<ConfNode>();
        while (true)
        {
            var end = lexer.Read(words);
            if (end == ConfEnd.EndOfFile) return nodes;
            if (end == ConfEnd.Semicolon)
            {
                nodes.Add(new ConfNode([.. words], null, CommandLine, lexer.IsText));
                continue;
            }

            var reason = end == ConfEnd.BlockStart ? "block directives are not supported in -g option" : Reason(end, lexer);
            nodes.Add(ConfNode.Broken(reason, CommandLine));
            return nodes;
        }
    }

    private static List<ConfNode> Close(Stack<(List<ConfNode> Outer, string[] Words, string Where, bool IsText)> open, List<ConfNode> block)
    {
        var (outer, words, where, isText) = open.Pop();
        outer.Add(new ConfNode(words, block, where, isText));
        return outer;
    }

    private static string Reason(ConfEnd end, ConfLexer lexer) => end switch
    {
        ConfEnd.BlockEnd => "unexpected \"}\"",
        ConfEnd.EndOfFile => "unexpected end of file, expecting \"}\"",
        _ => lexer.Error ?? "",
    };
}
