using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Observing.Logs;

/// <summary><c>access_log</c>: a target, and the name of a format.</summary>
internal static class AccessLogDirective
{
    public static void Apply(DirectiveCall call)
    {
        var isOff = call.Arguments[0] == AccessLogOptions.Off;
        foreach (var word in call.Arguments.Skip(isOff ? 1 : 2)) call.Report.Error($"invalid parameter \"{word}\"");
        var item = new SettingItem(call.Report.Where) { [nameof(AccessLogOptions.Target)] = call.Arguments[0] };
        if (call.Arguments.Count > 1) item[nameof(AccessLogOptions.Format)] = call.Arguments[1];
        Add(call.Setting, item, call.Context, call.Report);
    }

    /// <summary>Adds a log, if nothing is wrong with it. Whether its format exists can only be said at the end.</summary>
    public static void Add(Setting setting, SettingItem item, LoadContext context, Report report)
    {
        var target = item.GetValueOrDefault(nameof(AccessLogOptions.Target), "");
        if (target.Length == 0) report.Error("\"access_log\" directive invalid value");
        else if (target is not (AccessLogOptions.Off or "stdout") && ErrorLogDirective.ReadTarget(target, context, report) is { } path) item[nameof(AccessLogOptions.Target)] = path;
        if (!report.HasFailed) setting.Items.Add(item);
    }

    /// <summary>Says which formats are not there.</summary>
    public static void CheckFormats(LoadedServer server, List<ConfigurationMessage> messages)
    {
        if (server.Settings[nameof(ServerOptions.LogFormats)] is { HasFailed: true }) return;
        var known = server.Options.LogFormats.Select(format => format.Name).ToHashSet();
        foreach (var item in server.Settings[nameof(ServerOptions.AccessLog)]?.Items ?? [])
        {
            var name = item.GetValueOrDefault(nameof(AccessLogOptions.Format), LogFormatOptions.Combined);
            if (!LogFormatOptions.IsPredefined(name) && !known.Contains(name)) new Report(messages, item.Where).Error($"unknown log format \"{name}\"");
        }
    }
}
