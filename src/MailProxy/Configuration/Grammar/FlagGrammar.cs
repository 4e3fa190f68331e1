using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary><c>on</c> or <c>off</c>.</summary>
internal class FlagGrammar : WordGrammar
{
    public override bool IsFlag => true;

    public override string Syntax(ValueAttribute attribute) => "on | off";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        var isOn = text.Equals("on", StringComparison.OrdinalIgnoreCase);
        value = isOn;
        return isOn || text.Equals("off", StringComparison.OrdinalIgnoreCase)
            || call.Report.Fail($"invalid value \"{text}\" in \"{call.Attribute.Name}\" directive, it must be \"on\" or \"off\"");
    }

    public override bool TryReadKey(string text, WordCall call, out object? value)
    {
        value = OptionText.ParseFlag(text);
        return value is not null || TryRead(text, call, out value);
    }
}
