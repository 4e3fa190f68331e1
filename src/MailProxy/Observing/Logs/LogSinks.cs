using MailProxy.Configuration;
using MailProxy.Observing.Metrics;

namespace MailProxy.Observing.Logs;

/// <summary>The open sinks of the process, each once: servers share them, and so do the configurations before and after a reload.</summary>
/// <param name="time">The clock.</param>
/// <param name="metrics">Where lost lines are counted; null where nobody counts them.</param>
internal sealed class LogSinks(TimeProvider time, LogMetrics? metrics = null) : IDisposable
{
    // A disk that hangs under one log must not keep the process from ending.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, LogSink> _open = [];
    private readonly List<(ErrorLogTarget[] Process, ErrorLogTarget[] All)> _logs = [];

    /// <summary>
    /// The sink of an <c>error_log</c>'s or <c>access_log</c>'s target. A file that is open already is opened by its name again, as nginx does at
    /// a reload; where it cannot be, that is reported and no reason to refuse the reload.
    /// </summary>
    /// <exception cref="ErrorLogException">It cannot be opened; the message is nginx's.</exception>
    public LogSink Open(string target)
    {
        LogSink? sink;
        bool isNew;
        lock (_open)
        {
            isNew = !_open.TryGetValue(target, out sink);
            if (isNew) _open.Add(target, sink = Create(target));
            sink!.Users++;
        }

        if (!isNew) Try(sink, static sink => sink.Reopen());
        else if (sink.Problem is { } problem) Report(ErrorLogLevel.Warn, $"{problem}, its lines wait");
        return sink;
    }

    public void Close(LogSink sink)
    {
        lock (_open)
        {
            if (--sink.Users > 0) return;
            foreach (var (target, _) in _open.Where(pair => pair.Value == sink).ToList())
            {
                _open.Remove(target);
                metrics?.Closed(target);
            }
        }

        sink.Dispose();
    }

    /// <summary>Opens every file by its name again (USR1). Each that cannot be is reported, and stays as it is.</summary>
    public void Reopen() => ForEach(static sink => sink.Reopen());

    /// <summary>Gives the files to the account that the process is about to become. Each that cannot be given is reported.</summary>
    public void ChangeOwner(uint user) => ForEach(sink => sink.ChangeOwner(user));

    /// <summary>Says something in the process's log: the newest configuration's, or stderr where there is none. What is about a log is said in every other.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="text">The message.</param>
    /// <param name="failed">The log that it is about, which is not written to.</param>
    public void Report(ErrorLogLevel level, string text, LogSink? failed = null)
    {
        ErrorLogTarget[] targets = [];
        lock (_logs)
        {
            if (_logs.Count > 0) targets = failed is null ? _logs[^1].Process : _logs[^1].All;
        }

        var now = time.GetLocalNow();
        var line = ErrorLogLine.Format(stackalloc byte[ErrorLogLine.MaxLength], now, level, text);
        var written = new HashSet<LogSink>();
        foreach (var target in targets)
        {
            if (target.Sink != failed && written.Add(target.Sink) && target.Level >= level) target.Sink.Write(line, level, now);
        }

        if (written.Count == 0) WriteToStandardError(line);
    }

    /// <summary>From now on these are the logs, until <see cref="Leave"/>.</summary>
    /// <param name="process">The process's own.</param>
    /// <param name="all">All error logs, the process's first.</param>
    public void Enter(ErrorLogTarget[] process, ErrorLogTarget[] all)
    {
        lock (_logs) _logs.Add((process, all));
    }

    /// <summary>The process's log is again the one before, if this was the newest.</summary>
    public void Leave(ErrorLogTarget[] process)
    {
        lock (_logs) _logs.RemoveAll(logs => logs.Process == process);
    }

    public void Dispose()
    {
        if (!Monitor.TryEnter(_open, CloseTimeout)) return;
        try
        {
            // Each may wait for its reader, but all at once.
            Parallel.ForEach(_open.Values, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, _open.Count) }, sink => sink.Dispose());
            _open.Clear();
        }
        finally
        {
            Monitor.Exit(_open);
        }
    }

    private static void WriteToStandardError(ReadOnlySpan<byte> line)
    {
        using var standardError = StreamLogSink.StandardError();
        try
        {
            standardError.Write(line);
        }
        catch (IOException)
        {
            // There is nowhere left.
        }
    }

    // Outside the lock: opening a file may take its time.
    private void ForEach(Action<LogSink> action)
    {
        List<LogSink> open;
        lock (_open) open = [.. _open.Values];
        foreach (var sink in open) Try(sink, action);
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
        var sink = OpenSink(target);
        sink.Losses = new LogLosses(metrics?.Opened(target), text => Report(ErrorLogLevel.Alert, text, sink), time);
        return sink;
    }

    private LogSink OpenSink(string target)
    {
        if (target == "stdout") return StreamLogSink.OpenStandardOutput(time);
        if (target == "stderr") return StreamLogSink.OpenStandardError(time);
        if (!target.StartsWith(SyslogTarget.Prefix, StringComparison.Ordinal)) return StreamLogSink.OpenFile(target, time);
        return new SyslogSink(SyslogTarget.Parse(target), target, time);
    }
}
