using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A protocol's name.</summary>
internal sealed class ProtocolGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => string.Join(" | ", attribute.Words);

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = text;
        return call.Attribute.Words.Contains(text) || call.Report.Fail($"unknown protocol \"{text}\"");
    }
}
