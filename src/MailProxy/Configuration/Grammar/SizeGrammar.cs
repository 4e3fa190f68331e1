using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>Bytes, with <c>k</c> or <c>m</c>.</summary>
internal sealed class SizeGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "size";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        var size = Number.ParseSize(text);
        value = size;
        if (size is null) return call.Fail("invalid value");
        return size >= call.Attribute.Minimum || call.Fail($"value must be equal to or greater than {call.Attribute.Minimum}");
    }
}
