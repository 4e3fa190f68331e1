namespace MailProxy.Diagnostics;

/// <summary>The open sinks of the process, each once: servers share them, and so do the configurations before and after a reload.</summary>
internal sealed class LogSinks(TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, LogSink> _open = [];

    /// <summary>The sink of an <c>error_log</c>'s target, opened if it is not yet.</summary>
    /// <exception cref="IOException">The file cannot be opened; the message is nginx's.</exception>
    /// <exception cref="FormatException">The syslog target is wrong; the message is nginx's.</exception>
    public LogSink Open(string target)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(target, out var sink)) _open.Add(target, sink = Create(target));
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

    /// <summary>Opens every file anew.</summary>
    public void Reopen()
    {
        lock (_open)
        {
            foreach (var sink in _open.Values) sink.Reopen();
        }
    }

    public void Dispose()
    {
        lock (_open)
        {
            foreach (var sink in _open.Values) sink.Dispose();
            _open.Clear();
        }
    }

    private LogSink Create(string target)
    {
        if (target == "stderr") return StreamLogSink.OpenStandardError();
        return target.StartsWith(SyslogTarget.Prefix, StringComparison.Ordinal) ? new SyslogSink(SyslogTarget.Parse(target), time) : StreamLogSink.OpenFile(target);
    }
}
