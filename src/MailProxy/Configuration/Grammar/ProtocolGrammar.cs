using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A protocol's name.</summary>
internal sealed class ProtocolGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "name";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = text;
        return call.Context.Protocols.Contains(text) || call.Report.Fail($"unknown protocol \"{text}\"");
    }
}
