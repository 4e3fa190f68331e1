using MailProxy.Configuration;
using MailProxy.Observing.Logs;

namespace MailProxy.Server;

/// <summary>Errors of the host and of Kestrel go into the process's error log. Our own events are there already.</summary>
internal sealed class HostLogProvider(LogSinks sinks) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("MailProxy", StringComparison.Ordinal) ? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance : new HostLogger(sinks, categoryName);

    public void Dispose()
    {
    }

    private sealed class HostLogger(LogSinks sinks, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Error or LogLevel.Critical;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // What a health check says is an answer, each time that somebody asks; only one that breaks is an error.
            if (!IsEnabled(logLevel) || (exception is null && category.StartsWith("Microsoft.Extensions.Diagnostics.HealthChecks", StringComparison.Ordinal))) return;
            var stack = exception is null ? "" : $": {exception.ToString().ReplaceLineEndings(" | ")}";
            sinks.Report(logLevel == LogLevel.Critical ? ErrorLogLevel.Crit : ErrorLogLevel.Error, $"{category}: {formatter(state, exception)}{stack}");
        }
    }
}
