using System.Runtime.CompilerServices;
using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Diagnostics;

/// <summary>The logs of one configuration: the process's own, and each server's where <c>mail</c> or <c>server</c> has one.</summary>
internal sealed class ErrorLogSet : IDisposable
{
    private static readonly ErrorLogOptions Default = new();

    private readonly LogSinks _sinks;
    private readonly List<LogSink> _opened = [];
    private readonly ConditionalWeakTable<ServerOptions, ErrorLogTarget[]> _servers = [];
    private readonly ErrorLogTarget[] _main;
    private readonly ILogger _structured;
    private readonly TimeProvider _time;

    /// <exception cref="IOException">A log cannot be opened; the message is nginx's. Nothing stays open.</exception>
    public ErrorLogSet(MailProxyOptions options, LogSinks sinks, ILoggerFactory loggers, TimeProvider time)
    {
        _sinks = sinks;
        _time = time;
        _structured = loggers.CreateLogger("MailProxy.Session");
        try
        {
            _main = Open(options.ErrorLog.Count > 0 ? options.ErrorLog : [Default]);
            foreach (var server in options.Servers) _servers.Add(server, server.ErrorLog.Count > 0 ? Open(server.ErrorLog) : _main);
        }
        catch (FormatException exception)
        {
            Dispose();
            throw new IOException(exception.Message, exception);
        }
        catch
        {
            Dispose();
            throw;
        }

        Process = new ErrorLogger(_main, loggers.CreateLogger("MailProxy"), null, time);
    }

    /// <summary>For lines that are no session's.</summary>
    public ILogger Process { get; }

    /// <summary>For the lines of one session.</summary>
    public ILogger ForSession(ServerOptions server, SessionLogContext context) =>
        new ErrorLogger(_servers.TryGetValue(server, out var targets) ? targets : _main, _structured, context, _time);

    public void Dispose()
    {
        foreach (var sink in _opened) _sinks.Close(sink);
        _opened.Clear();
    }

    private ErrorLogTarget[] Open(IList<ErrorLogOptions> logs)
    {
        var targets = new List<ErrorLogTarget>();
        foreach (var log in logs)
        {
            var sink = _sinks.Open(log.Target);
            _opened.Add(sink);
            targets.Add(new ErrorLogTarget(sink, log.Level));
        }

        return [.. targets];
    }
}
