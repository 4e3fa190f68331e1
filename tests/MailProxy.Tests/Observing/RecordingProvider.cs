using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tests.Observing;

/// <summary>Keeps structured events with what their scopes say.</summary>
internal sealed class RecordingProvider(LogLevel level) : ILoggerProvider, ISupportExternalScope
{
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ConcurrentQueue<RecordedEvent> Events { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    internal sealed record RecordedEvent(string Category, EventId Id, string Text, Dictionary<string, object?> Facts);

    private sealed class Recorder(RecordingProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => provider._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= provider.Level;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var facts = new Dictionary<string, object?>();
            provider._scopes.ForEachScope((scope, all) => Add(scope, all), facts);
            Add(state, facts);
            provider.Events.Enqueue(new RecordedEvent(category, eventId, formatter(state, exception), facts));
        }

        private static void Add(object? state, Dictionary<string, object?> facts)
        {
            if (state is not IEnumerable<KeyValuePair<string, object?>> pairs) return;
            foreach (var (name, value) in pairs) facts[name] = value;
        }
    }

    private LogLevel Level => level;
}
