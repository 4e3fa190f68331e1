using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Observing.Logs;

/// <summary><c>access_log</c>: a target, and the name of a format.</summary>
internal sealed class AccessLogGrammar : ItemGrammar<AccessLogOptions>
{
    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override void Read(DirectiveCall call)
    {
        var isOff = call.Arguments[0] == AccessLogOptions.Off;
        foreach (var word in call.Arguments.Skip(isOff ? 1 : 2)) call.Report.Error($"invalid parameter \"{word}\"");
        Add(call, call.Arguments[0], call.Arguments.Count > 1 ? call.Arguments[1] : LogFormatOptions.Combined);
    }

    public override void ReadItem(DirectiveCall call, KeyItem item) =>
        Add(call, item.Text(nameof(AccessLogOptions.Target)), item.GetValueOrDefault(nameof(AccessLogOptions.Format)) ?? LogFormatOptions.Combined);

    /// <summary>Adds a log, if nothing is wrong with it. Whether its format exists can only be said at the end.</summary>
    private static void Add(DirectiveCall call, string target, string format)
    {
        if (target.Length == 0) call.Report.Error("\"access_log\" directive invalid value");
        else if (target is not (AccessLogOptions.Off or "stdout") && ErrorLogGrammar.ReadTarget(target, call.Context, call.Report) is { } path) target = path;
        if (!call.Report.HasFailed) call.Add(new AccessLogOptions { Target = target, Format = format });
    }

    /// <summary>Says which formats are not there.</summary>
    public static void CheckFormats(LoadedBlock<ServerOptions> server, List<ConfigurationMessage> messages)
    {
        if (server.Settings.HasFailed(nameof(SessionLogOptions.LogFormats))) return;
        var known = server.Options.LogFormats.Select(format => format.Name).ToHashSet();
        foreach (var (log, item) in server.Settings.Items<AccessLogOptions>(nameof(SessionLogOptions.AccessLog)))
        {
            if (!LogFormatOptions.IsPredefined(log.Format) && !known.Contains(log.Format)) new Report(messages, item.Where).Error($"unknown log format \"{log.Format}\"");
        }
    }
}
