using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>One directive at one place of a file: what a grammar of its own needs to read it.</summary>
/// <param name="Directive">The directive.</param>
/// <param name="Path">The key of its option.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Level">The block that it stands in.</param>
/// <param name="Context">What values are read against.</param>
/// <param name="Report">Takes what is wrong.</param>
internal sealed record DirectiveCall(DirectiveAttribute Directive, string Path, IReadOnlyList<string> Arguments, SettingLevel Level, LoadContext Context, Report Report)
{
    /// <summary>The setting of its option.</summary>
    public Setting Setting => Level.GetOrAdd(Path, Report.Where);

    /// <summary>Sets an option, replacing what was said before.</summary>
    public void Set(string path, string value) => Level[path] = new Setting(Report.Where) { Value = value };
}
