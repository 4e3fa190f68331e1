using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A file; relative names start at the directory of the main configuration file.</summary>
internal sealed class ConfFileGrammar : WordGrammar
{
    private static readonly string[] Schemes = ["data:", "engine:", "store:"];

    public override string Syntax(ValueAttribute attribute) => "file";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = text.Length == 0 || Array.Exists(Schemes, scheme => text.StartsWith(scheme, StringComparison.Ordinal)) ? text : call.Context.BesideConf(text);
        return true;
    }
}

/// <summary>A file; relative names start at the prefix.</summary>
internal sealed class PrefixFileGrammar : WordGrammar
{
    public override string Syntax(ValueAttribute attribute) => "file";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = call.Context.BelowPrefix(text);
        return true;
    }
}
