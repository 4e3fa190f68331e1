using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A name and a value.</summary>
internal class PairGrammar : ItemGrammar<NameValueOptions>
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string Syntax(ValueAttribute attribute) => "name value";

    public override void Read(DirectiveCall call)
    {
        var pair = Complete(new NameValueOptions { Name = call.Arguments[0], Value = call.Arguments[1] }, call.Context);
        if (IsOneLine(pair)) call.Add(pair);
        else call.Report.Error($"\"{call.Directive.Name}\" directive invalid value");
    }

    public override void ReadItem(DirectiveCall call, KeyItem item)
    {
        var pair = Complete(ItemBinder<NameValueOptions>.Bind(item, call.Context, call.Report), call.Context);
        if (IsOneLine(pair)) call.Add(pair);
        else call.Report.Error("a value has a line end");
    }

    /// <summary>What a name makes of its value.</summary>
    protected virtual NameValueOptions Complete(NameValueOptions pair, LoadContext context) => pair;

    private static bool IsOneLine(NameValueOptions pair) => TextGrammar.IsOneLine(pair.Name) && TextGrammar.IsOneLine(pair.Value);
}
