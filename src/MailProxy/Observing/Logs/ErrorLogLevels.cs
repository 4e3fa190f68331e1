using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Observing.Logs;

/// <summary>nginx's levels and those of <see cref="ILogger"/>, which has three fewer.</summary>
internal static class ErrorLogLevels
{
    // Below the first hundred are the framework's own events, which know nothing of our ranges.
    private const int FirstOwnEvent = 100;

    /// <summary>The level of an event. In each hundred of ids 90-94 are <c>notice</c>, 95-97 <c>alert</c>, 98-99 <c>emerg</c>.</summary>
    public static ErrorLogLevel Of(LogLevel level, EventId id) => (id.Id >= FirstOwnEvent ? id.Id % 100 : 0) switch
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

    /// <summary>Whether the log lines of an event end with what the session does, and for whom: not those with ids 80-89.</summary>
    public static bool HasSuffix(EventId id) => id.Id % 100 is < 80 or > 89;

    /// <summary>The most severe that an event of this <see cref="LogLevel"/> can turn out to be; its id decides.</summary>
    public static ErrorLogLevel MostSevere(LogLevel level) => level switch
    {
        LogLevel.Critical => ErrorLogLevel.Emerg,
        LogLevel.Information => ErrorLogLevel.Notice,
        LogLevel.None => (ErrorLogLevel)int.MaxValue,
        _ => Of(level, default),
    };

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
}
