using MailProxy.Configuration;

namespace MailProxy.Diagnostics;

/// <summary>The open sinks of the process, each once: servers share them, and so do the configurations before and after a reload.</summary>
internal sealed class LogSinks(TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, LogSink> _open = [];
    private readonly List<ErrorLogTarget[]> _process = [];

    /// <summary>
    /// The sink of an <c>error_log</c>'s or <c>access_log</c>'s target. A file that is open already is opened by its name again, as nginx does at
    /// a reload; where it cannot be, that is reported and no reason to refuse the reload.
    /// </summary>
    /// <exception cref="ErrorLogException">It cannot be opened; the message is nginx's.</exception>
    public LogSink Open(string target)
    {
        lock (_open)
        {
            if (_open.TryGetValue(target, out var sink)) Try(sink, static sink => sink.Reopen());
            else _open.Add(target, sink = Create(target));
            sink.Users++;
            return sink;
        }
    }

    public void Close(LogSink sink)
    {
        lock (_open)
        {
            if (--sink.Users > 0) return;
            foreach (var (target, _) in _open.Where(pair => pair.Value == sink).ToList()) _open.Remove(target);
        }

        sink.Dispose();
    }

    /// <summary>Opens every file by its name again (USR1). Each that cannot be is reported, and stays as it is.</summary>
    public void Reopen() => ForEach(static sink => sink.Reopen());

    /// <summary>Gives the files to the account that the process is about to become. Each that cannot be given is reported.</summary>
    public void ChangeOwner(uint user) => ForEach(sink => sink.ChangeOwner(user));

    /// <summary>Says something in the process's log: the newest configuration's, or stderr where there is none.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="text">The message.</param>
    /// <param name="failed">The sink that it is about, which is not written to.</param>
    public void Report(ErrorLogLevel level, string text, LogSink? failed = null)
    {
        ErrorLogTarget[] targets;
        lock (_process) targets = _process.Count > 0 ? _process[^1] : [];
        var now = time.GetLocalNow();
        var line = ErrorLogLine.Format(stackalloc byte[ErrorLogLine.MaxLength], now, level, text);
        var isWritten = false;
        foreach (var target in targets)
        {
            if (target.Sink == failed) continue;
            isWritten = true;
            if (target.Level >= level) target.Sink.Write(line, level, now);
        }

        if (isWritten) return;
        using var standardError = Console.OpenStandardError();
        standardError.Write(line);
    }

    /// <summary>From now on the process's log is this one, until <see cref="Leave"/>.</summary>
    public void Enter(ErrorLogTarget[] process)
    {
        lock (_process) _process.Add(process);
    }

    /// <summary>The process's log is again the one before, if this was the newest.</summary>
    public void Leave(ErrorLogTarget[] process)
    {
        lock (_process) _process.Remove(process);
    }

    public void Dispose()
    {
        lock (_open)
        {
            foreach (var sink in _open.Values) sink.Dispose();
            _open.Clear();
        }
    }

    private void ForEach(Action<LogSink> action)
    {
        lock (_open)
        {
            foreach (var sink in _open.Values) Try(sink, action);
        }
    }

    private void Try(LogSink sink, Action<LogSink> action)
    {
        try
        {
            action(sink);
        }
        catch (ErrorLogException exception)
        {
            Report(ErrorLogLevel.Emerg, exception.Message);
        }
    }

    private LogSink Create(string target)
    {
        if (target == "stdout") return StreamLogSink.OpenStandardOutput(time);
        if (target == "stderr") return StreamLogSink.OpenStandardError(time);
        if (!target.StartsWith(SyslogTarget.Prefix, StringComparison.Ordinal)) return StreamLogSink.OpenFile(target, time);
        return new SyslogSink(SyslogTarget.Parse(target), target, time, (sink, text) => Report(ErrorLogLevel.Alert, text, sink));
    }
}
