using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Authentication;

/// <summary>Keeps every line, so that a test can compare texts and look for secrets.</summary>
internal sealed class RecordingLogger : ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    /// <summary>The lines that nginx's default level, or a sharper one, lets through.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> Errors => [.. _lines.Where(line => line.Level >= LogLevel.Error)];

    /// <summary>Every line, at whatever level.</summary>
    public string All => string.Join('\n', _lines.Select(line => line.Text));

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, formatter(state, exception) + exception));
}
