using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Observing.Logs;

/// <summary>One log of a configuration: where lines go, and from which level on.</summary>
/// <param name="Sink">Where to.</param>
/// <param name="Level">The least severe level that is written.</param>
internal readonly record struct ErrorLogTarget(LogSink Sink, ErrorLogLevel Level);

/// <summary>An <see cref="ILogger"/> whose events become lines of nginx's error log, and structured events where somebody wants them.</summary>
/// <param name="targets">The logs in force.</param>
/// <param name="structured">The same events for the host's logging.</param>
/// <param name="context">The session; null for the process itself.</param>
/// <param name="time">The clock of the lines.</param>
internal sealed class ErrorLogger(ErrorLogTarget[] targets, ILogger structured, SessionLogContext? context, TimeProvider time) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => structured.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && (IsWanted(ErrorLogLevels.MostSevere(logLevel)) || structured.IsEnabled(logLevel));

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var level = ErrorLogLevels.Of(logLevel, eventId);
        if (IsWanted(level)) Write(level, ErrorLogLevels.HasSuffix(eventId), formatter(state, exception), exception);
        if (!structured.IsEnabled(logLevel)) return;
        using (context is null ? null : structured.BeginScope(Facts(context))) structured.Log(logLevel, eventId, state, exception, formatter);
    }

    private bool IsWanted(ErrorLogLevel level)
    {
        foreach (var target in targets)
        {
            if (target.Level >= level) return true;
        }

        return false;
    }

    private void Write(ErrorLogLevel level, bool hasSuffix, string message, Exception? exception)
    {
        var now = time.GetLocalNow();
        var line = ErrorLogLine.Format(stackalloc byte[ErrorLogLine.MaxLength], now, level, message, context, hasSuffix, exception);
        foreach (var target in targets)
        {
            if (target.Level >= level) target.Sink.Write(line, level, now);
        }
    }

    private static List<KeyValuePair<string, object?>> Facts(SessionLogContext context) =>
    [
        new("connection", context.ConnectionNumber),
        new("action", context.Action),
        new("client", context.Client),
        new("server", context.Listener),
        new("starttls", context.UsingStartTls),
        new("login", context.Login),
        new("upstream", context.Upstream),
    ];
}
