using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>One of the words listed, in any case.</summary>
internal class ChoiceGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => string.Join(" | ", attribute.Words);

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        var type = Nullable.GetUnderlyingType(call.Type) ?? call.Type;
        var index = Array.FindIndex(call.Attribute.Words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
        value = index < 0 ? null : type.IsEnum ? Enum.ToObject(type, index) : call.Attribute.Words[index];
        return index >= 0 || call.Report.Fail($"invalid value \"{text}\"");
    }
}

/// <summary>One or more of the words listed; nginx's bit sets.</summary>
internal sealed class ChoicesGrammar : ChoiceGrammar
{
    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override string Syntax(ValueAttribute attribute) => string.Join(' ', attribute.Words.Select(word => $"[{word}]"));

    protected override void Take(string word, object? value, DirectiveCall call)
    {
        if (call.Option is { IsList: true } && call.Items.Exists(item => value!.Equals(item.Value))) call.Report.Warn($"duplicate value \"{word}\"");
        else base.Take(word, value, call);
    }
}
