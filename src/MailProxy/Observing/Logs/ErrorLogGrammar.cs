using System.Collections.Frozen;
using System.Net;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Observing.Logs;

/// <summary><c>error_log</c>: a target, and levels.</summary>
internal sealed class ErrorLogGrammar : ItemGrammar<ErrorLogOptions>
{
    private const string Syslog = "syslog:";
    private const string Memory = "memory:";
    private const int SyslogPort = 514;
    private const int LongestTag = 32;

    private static readonly string[] Levels = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

    private static readonly FrozenSet<string> DebugLevels = ((string[])["debug_core", "debug_alloc", "debug_mutex", "debug_event", "debug_http", "debug_mail", "debug_stream"]).ToFrozenSet();

    private static readonly FrozenSet<string> Facilities = ((string[])
    [
        "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv", "ftp", "ntp", "audit", "alert", "cron",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]).ToFrozenSet();

    private static readonly FrozenSet<string> Severities = ((string[])["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"]).ToFrozenSet();

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override string Syntax(ValueAttribute attribute) => "as in main";

    public override void Read(DirectiveCall call)
    {
        var target = ReadTarget(call.Arguments[0], call.Context, call.Report);
        var level = ReadLevel(call.Arguments.Skip(1), call.Report);
        if (target is not null && level is not null) call.Add(new ErrorLogOptions { Target = target, Level = level.Value });
    }

    public override void ReadItem(DirectiveCall call, KeyItem item)
    {
        var log = ItemBinder<ErrorLogOptions>.Bind(item, call.Context, call.Report);
        if (ReadTarget(item.Text(nameof(ErrorLogOptions.Target)), call.Context, call.Report) is not { } target) return;
        log.Target = target;
        call.Add(log);
    }

    /// <summary>Reads a target; null with an error, or where there is nothing to write to.</summary>
    public static string? ReadTarget(string word, LoadContext context, Report report)
    {
        if (word is "stderr" or "") return "stderr";
        if (word.StartsWith(Memory, StringComparison.Ordinal))
        {
            report.Warn($"\"{word}\" is a log for debugging nginx itself, ignored");
            return null;
        }

        if (!word.StartsWith(Syslog, StringComparison.Ordinal)) return context.BelowPrefix(word);
        ReadSyslog(word[Syslog.Length..], context.Lookup, report);
        return report.HasFailed ? null : word;
    }

    private static ErrorLogLevel? ReadLevel(IEnumerable<string> words, Report report)
    {
        ErrorLogLevel? level = null;
        var isDebug = false;
        foreach (var word in words)
        {
            if (Levels.Contains(word))
            {
                if (level is not null || isDebug) return Fail($"duplicate log level \"{word}\"", report);
                level = Enum.Parse<ErrorLogLevel>(word, ignoreCase: true);
            }
            else if (DebugLevels.Contains(word) && level is null)
            {
                isDebug = true;
            }
            else
            {
                return Fail($"invalid log level \"{word}\"", report);
            }
        }

        return level ?? (isDebug ? ErrorLogLevel.Debug : ErrorLogLevel.Error);
    }

    private static void ReadSyslog(string parameters, HostLookup lookup, Report report)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in parameters.Split(','))
        {
            var equals = parameter.IndexOf('=');
            var name = equals < 0 ? parameter : parameter[..equals];
            var value = equals < 0 ? null : parameter[(equals + 1)..];
            var error = (name, value) switch
            {
                ("nohostname", null) => null,
                ("server" or "facility" or "severity" or "tag", not null) when !seen.Add(name) => $"duplicate syslog \"{name}\"",
                ("server", not null) => ReadServer(value, lookup),
                ("facility", not null) => Facilities.Contains(value) ? null : $"unknown syslog facility \"{value}\"",
                ("severity", not null) => Severities.Contains(value) ? null : $"unknown syslog severity \"{value}\"",
                ("tag", not null) => ReadTag(value),
                _ => $"unknown syslog parameter \"{parameter}\"",
            };
            if (error is not null)
            {
                report.Error(error);
                return;
            }
        }

        if (!seen.Contains("server")) report.Error("no syslog server specified");
    }

    private static string? ReadServer(string server, HostLookup lookup)
    {
        var addresses = new List<EndPoint>();
        var reason = NetAddress.IsUnix(server) ? NetAddress.ReadUnix(server, addresses) : NetAddress.ReadPeer(server, SyslogPort, lookup, addresses);
        return reason is null ? null : $"{reason} in syslog server \"{server}\"";
    }

    private static string? ReadTag(string tag)
    {
        if (tag.Length > LongestTag) return $"syslog tag length exceeds {LongestTag}";
        return tag.All(character => char.IsAsciiLetterOrDigit(character) || character == '_') ? null : "syslog \"tag\" only allows alphanumeric characters and underscore";
    }

    private static ErrorLogLevel? Fail(string error, Report report)
    {
        report.Error(error);
        return null;
    }
}
