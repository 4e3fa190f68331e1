using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>Decimal digits.</summary>
internal sealed class NumberGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "number";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        var number = Number.Parse(text);
        value = number;
        // nginx's events module words it in its own way.
        if (number is null) return call.Attribute is DirectiveAttribute { Contexts: DirectiveContexts.Events } ? call.Report.Fail($"invalid number \"{text}\"") : call.Fail("invalid number");
        return number >= call.Attribute.Minimum || call.Fail($"value must be equal to or greater than {call.Attribute.Minimum}");
    }
}

/// <summary>A number of at least 1, or <c>auto</c>, which is 0.</summary>
internal sealed class NumberOrAutoGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "number | auto";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = text == "auto" ? 0 : Number.Parse(text);
        return text == "auto" || value is > 0 || call.Fail("invalid value");
    }
}
