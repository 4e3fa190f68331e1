using MailProxy.Configuration.Binding;

namespace MailProxy.Observing.Logs;

/// <summary><c>log_format</c>: a name, how values are escaped, and the line in one or more words.</summary>
internal sealed class LogFormatGrammar : ItemGrammar<LogFormatOptions>
{
    private const string Escape = "escape=";

    public override (int Least, int Most) Arguments => (2, int.MaxValue);

    public override void Read(DirectiveCall call)
    {
        var escape = call.Arguments[1].StartsWith(Escape, StringComparison.Ordinal) ? call.Arguments[1][Escape.Length..] : null;
        Add(call, new LogFormatOptions { Name = call.Arguments[0] }, escape, call.Arguments.Skip(escape is null ? 1 : 2));
    }

    public override void ReadItem(DirectiveCall call, KeyItem item) => Add(
        call, new LogFormatOptions { Name = item.Text(nameof(LogFormatOptions.Name)) }, item.GetValueOrDefault(nameof(LogFormatOptions.Escape)), [item.Text(nameof(LogFormatOptions.Format))]);

    /// <summary>Adds a format, if nothing is wrong with it.</summary>
    private static void Add(DirectiveCall call, LogFormatOptions format, string? escape, IEnumerable<string> words)
    {
        var (name, report) = (format.Name, call.Report);
        var isKnown = LogFormatOptions.IsPredefined(name) || call.Items.Exists(other => ((LogFormatOptions)other.Value).Name == name);
        if (name.Length == 0) report.Error("\"log_format\" directive needs a name");
        else if (isKnown) report.Error($"duplicate \"log_format\" name \"{name}\"");
        if (escape is not null)
        {
            if (Enum.GetNames<LogEscape>().Contains(escape, StringComparer.OrdinalIgnoreCase)) format.Escape = Enum.Parse<LogEscape>(escape, ignoreCase: true);
            else report.Error($"unknown log format escaping \"{escape}\"");
        }

        try
        {
            format.Format = LogFormatText.Join(words.SelectMany(LogFormatText.Parse));
        }
        catch (FormatException exception)
        {
            report.Error(exception.Message);
        }

        if (!report.HasFailed) call.Add(format);
    }
}
