using System.Runtime.CompilerServices;
using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Observing.Logs;

/// <summary>The logs of one configuration: the process's own, and each server's where <c>mail</c> or <c>server</c> has one.</summary>
internal sealed class ErrorLogSet : IDisposable
{
    private static readonly ErrorLogOptions Default = new();

    private readonly LogSinks _sinks;
    private readonly Dictionary<string, LogSink> _opened = [];
    private readonly ConditionalWeakTable<ServerOptions, ErrorLogTarget[]> _servers = [];
    private readonly ConditionalWeakTable<ServerOptions, AccessLog[]> _access = [];
    private readonly ErrorLogTarget[] _main;
    private readonly ILogger _structured;
    private readonly TimeProvider _time;

    /// <exception cref="ErrorLogException">Logs cannot be opened; it has all errors. Nothing stays open.</exception>
    public ErrorLogSet(MailProxyOptions options, LogSinks sinks, ILoggerFactory loggers, TimeProvider time)
    {
        _sinks = sinks;
        _time = time;
        _structured = loggers.CreateLogger("MailProxy.Session");
        var errors = new List<string>();
        _main = Open(options.ErrorLog.Count > 0 ? options.ErrorLog : [Default], errors);
        foreach (var server in options.Servers) _servers.Add(server, server.ErrorLog.Count > 0 ? Open(server.ErrorLog, errors) : _main);
        foreach (var server in options.Servers) _access.Add(server, OpenAccess(server, errors));
        Process = new ErrorLogger(_main, loggers.CreateLogger("MailProxy"), null, time);
        sinks.Enter(_main, [.. _main, .. options.Servers.SelectMany(server => _servers.TryGetValue(server, out var targets) ? targets : [])]);
        if (errors.Count == 0) return;
        Dispose();
        throw new ErrorLogException(errors);
    }

    /// <summary>For lines that are no session's.</summary>
    public ILogger Process { get; }

    /// <summary>For the lines of one session.</summary>
    public ILogger ForSession(ServerOptions server, SessionLogContext context) =>
        new ErrorLogger(_servers.TryGetValue(server, out var targets) ? targets : _main, _structured, context, _time);

    /// <summary>Where the server's sessions leave a line each; often nowhere.</summary>
    public AccessLog[] AccessOf(ServerOptions server) => _access.TryGetValue(server, out var logs) ? logs : [];

    public void Dispose()
    {
        _sinks.Leave(_main);
        foreach (var sink in _opened.Values) _sinks.Close(sink);
        _opened.Clear();
    }

    private ErrorLogTarget[] Open(IList<ErrorLogOptions> logs, List<string> errors) =>
        [.. from log in logs let sink = Open(log.Target, errors) where sink is not null select new ErrorLogTarget(sink, log.Level)];

    private AccessLog[] OpenAccess(ServerOptions server, List<string> errors)
    {
        if (server.AccessLog.Any(log => log.Target == AccessLogOptions.Off)) return [];
        return
        [
            .. from log in server.AccessLog
               let sink = Open(log.Target, errors)
               where sink is not null
               select new AccessLog(sink, SyslogTarget.SeverityOf(log.Target), AccessLogFormat.Find(log.Format, server.LogFormats)),
        ];
    }

    private LogSink? Open(string target, List<string> errors)
    {
        try
        {
            if (!_opened.TryGetValue(target, out var sink)) _opened.Add(target, sink = _sinks.Open(target));
            return sink;
        }
        catch (ErrorLogException exception)
        {
            errors.Add(exception.Message);
            return null;
        }
    }
}
