using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>One word, any that may stand in a protocol's line.</summary>
internal class TextGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "word";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = text;
        return IsOneLine(text) || call.Fail("invalid value");
    }

    /// <summary>Whether a text may become part of a protocol line.</summary>
    public static bool IsOneLine(string text) => !text.AsSpan().ContainsAny('\r', '\n', '\0');
}

/// <summary>One or more words.</summary>
internal sealed class WordsGrammar : TextGrammar
{
    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override string Syntax(ValueAttribute attribute) => "word ...";
}
