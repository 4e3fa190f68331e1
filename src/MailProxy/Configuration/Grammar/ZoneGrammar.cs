using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary><c>zone</c>: what nginx's workers share. There is one process here, so it is only checked.</summary>
internal sealed class ZoneGrammar : ValueGrammar
{
    /// <summary>nginx's least size of a shared zone: eight pages.</summary>
    public static int LeastSize { get; } = 8 * Environment.SystemPageSize;

    public override (int Least, int Most) Arguments => (1, 2);

    public override string Syntax(ValueAttribute attribute) => "name [size]";

    public override void Read(DirectiveCall call)
    {
        var name = call.Arguments[0];
        if (name.Length == 0) call.Report.Error("invalid zone name \"\"");
        if (call.Arguments is not [_, var text]) return;
        if (Number.ParseSize(text) is not { } size) call.Report.Error($"invalid zone size \"{text}\"");
        else if (size < LeastSize) call.Report.Error($"zone \"{name}\" is too small");
    }
}
