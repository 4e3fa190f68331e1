using System.Globalization;
using System.Text;
using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Diagnostics;

/// <summary>nginx's log lines: <c>2026/11/23 17:24:15 [info] 8520#8520: *2 text while …, client: …, server: …</c>.</summary>
internal static class ErrorLogLine
{
    /// <summary>Bytes of a line at most, its LF included; nginx's limit.</summary>
    public const int MaxLength = 2048;

    private const int WithoutSuffixFirst = 80;
    private const int WithoutSuffixLast = 89;

    /// <summary>The level of an event: events 90-94 of each hundred are <c>notice</c>, 95-97 <c>alert</c>, 98 and 99 <c>emerg</c>.</summary>
    public static ErrorLogLevel LevelOf(LogLevel level, EventId eventId) => (eventId.Id % 100) switch
    {
        >= 98 => ErrorLogLevel.Emerg,
        >= 95 => ErrorLogLevel.Alert,
        >= 90 => ErrorLogLevel.Notice,
        _ => level switch
        {
            LogLevel.Critical => ErrorLogLevel.Crit,
            LogLevel.Error => ErrorLogLevel.Error,
            LogLevel.Warning => ErrorLogLevel.Warn,
            LogLevel.Information => ErrorLogLevel.Info,
            _ => ErrorLogLevel.Debug,
        },
    };

    /// <summary>The most severe level that events of a <see cref="LogLevel"/> may have, for a test before anything is formatted.</summary>
    public static ErrorLogLevel MostSevere(LogLevel level) => level switch
    {
        LogLevel.Critical => ErrorLogLevel.Emerg,
        LogLevel.Error => ErrorLogLevel.Error,
        LogLevel.Warning => ErrorLogLevel.Warn,
        LogLevel.Information => ErrorLogLevel.Notice,
        _ => ErrorLogLevel.Debug,
    };

    /// <summary>The whole line as UTF-8, with its LF.</summary>
    /// <param name="now">Local time.</param>
    /// <param name="level">The level.</param>
    /// <param name="eventId">Events 80-89 of each hundred have no suffix.</param>
    /// <param name="message">What happened.</param>
    /// <param name="context">The session's facts; null for a line of the process.</param>
    public static byte[] Format(DateTimeOffset now, ErrorLogLevel level, EventId eventId, string message, SessionLogContext? context)
    {
        var line = new StringBuilder(256);
        line.Append(CultureInfo.InvariantCulture, $"{now:yyyy\\/MM\\/dd HH\\:mm\\:ss} [{NameOf(level)}] {Environment.ProcessId}#{Environment.ProcessId}: ");
        if (context is not null) line.Append(CultureInfo.InvariantCulture, $"*{context.ConnectionNumber} ");
        line.Append(message);
        if (context is not null && eventId.Id % 100 is < WithoutSuffixFirst or > WithoutSuffixLast) AppendSuffix(line, context);
        return Encode(line);
    }

    /// <summary>The word of the directive <c>error_log</c>.</summary>
    public static string NameOf(ErrorLogLevel level) => level switch
    {
        ErrorLogLevel.Emerg => "emerg",
        ErrorLogLevel.Alert => "alert",
        ErrorLogLevel.Crit => "crit",
        ErrorLogLevel.Error => "error",
        ErrorLogLevel.Warn => "warn",
        ErrorLogLevel.Notice => "notice",
        ErrorLogLevel.Info => "info",
        _ => "debug",
    };

    private static void AppendSuffix(StringBuilder line, SessionLogContext context)
    {
        if (context.Action is { } action) line.Append(" while ").Append(action);
        line.Append(", client: ").Append(context.Client);
        if (context.UsingStartTls) line.Append(" using starttls");
        line.Append(", server: ").Append(context.Listener);
        if (!string.IsNullOrEmpty(context.Login)) line.Append(", login: \"").Append(context.Login).Append('"');
        if (context.Upstream is { } upstream) line.Append(", upstream: ").Append(upstream);
    }

    /// <summary>Control bytes that are still in it are escaped, and what is too long is cut between two characters.</summary>
    private static byte[] Encode(StringBuilder line)
    {
        for (var i = line.Length - 1; i >= 0; i--)
        {
            if (!char.IsControl(line[i])) continue;
            var escaped = $"\\x{(int)line[i]:X2}";
            line.Remove(i, 1).Insert(i, escaped);
        }

        var bytes = Encoding.UTF8.GetBytes(line.ToString());
        var length = Math.Min(bytes.Length, MaxLength - 1);
        while (length < bytes.Length && (bytes[length] & 0xC0) == 0x80) length--;
        Array.Resize(ref bytes, length + 1);
        bytes[^1] = (byte)'\n';
        return bytes;
    }
}
