using MailProxy.Observing;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Sessions;

/// <summary>The session's log, as lines: with the part of nginx's suffix that changes while the session runs.</summary>
internal sealed class LogLines(SessionLogContext context) : ILogger, IEnumerable<string>
{
    private readonly List<(string Text, string Suffix)> _lines = [];

    /// <summary>Level and text.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines) return [.. _lines.Select(line => line.Text)];
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var suffix = (context.Action is null ? "" : $" while {context.Action}")
            + (context.UsingStartTls ? " using starttls" : "")
            + (string.IsNullOrEmpty(context.Login) ? "" : $", login: \"{context.Login}\"")
            + (context.Upstream is null ? "" : $", upstream: {context.Upstream}");
        lock (_lines) _lines.Add(($"{logLevel}: {formatter(state, exception)}{exception}", suffix));
    }

    /// <summary>Level, text and suffix.</summary>
    public IEnumerator<string> GetEnumerator()
    {
        lock (_lines) return _lines.Select(line => line.Text + line.Suffix).ToList().GetEnumerator();
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
