using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Observing.Logs;

/// <summary><c>log_format</c>: a name, how values are escaped, and the line in one or more words.</summary>
internal static class LogFormatDirective
{
    private const string Escape = "escape=";

    public static void Apply(DirectiveCall call)
    {
        var words = call.Arguments.Skip(1).ToList();
        var item = new SettingItem(call.Report.Where) { [nameof(LogFormatOptions.Name)] = call.Arguments[0] };
        if (words[0].StartsWith(Escape, StringComparison.Ordinal))
        {
            item[nameof(LogFormatOptions.Escape)] = words[0][Escape.Length..];
            words.RemoveAt(0);
        }

        Add(call.Setting, item, words, call.Report);
    }

    /// <summary>Adds a format, if nothing is wrong with it.</summary>
    /// <param name="setting">The formats so far.</param>
    /// <param name="item">The format, but for its line.</param>
    /// <param name="words">The line.</param>
    /// <param name="report">Takes what is wrong.</param>
    public static void Add(Setting setting, SettingItem item, IEnumerable<string> words, Report report)
    {
        var name = item.GetValueOrDefault(nameof(LogFormatOptions.Name), "");
        var isKnown = LogFormatOptions.IsPredefined(name) || setting.Items.Exists(other => other[nameof(LogFormatOptions.Name)] == name);
        if (name.Length == 0) report.Error("\"log_format\" directive needs a name");
        else if (isKnown) report.Error($"duplicate \"log_format\" name \"{name}\"");
        if (item.GetValueOrDefault(nameof(LogFormatOptions.Escape)) is { } escape && !Enum.GetNames<LogEscape>().Contains(escape, StringComparer.OrdinalIgnoreCase))
            report.Error($"unknown log format escaping \"{escape}\"");
        try
        {
            item[nameof(LogFormatOptions.Format)] = LogFormatText.Join(words.SelectMany(LogFormatText.Parse));
        }
        catch (FormatException exception)
        {
            report.Error(exception.Message);
        }

        if (!report.HasFailed) setting.Items.Add(item);
    }
}
