using MailProxy.Configuration;

namespace MailProxy.Diagnostics;

/// <summary>
/// A file, or stderr. Lines are kept in memory, one behind the other, and a thread of the pool writes as many together as
/// wait: a session, which may run on an event loop with thousands of others, pays for no system call, and a slow disk or
/// a full pipe holds up nobody. Whole lines reach the file by one append. What waits is written before a file is opened
/// anew and before <see cref="Dispose"/> returns. Only where a target takes nothing until <c>maxWaiting</c> bytes
/// wait, or its disk is full, are lines lost; a line then says how many.
/// </summary>
internal sealed class StreamLogSink : LogSink, IThreadPoolWorkItem
{
    private const int DefaultMaxWaiting = 8 * 1024 * 1024;

    // What a burst needed is given back; what a busy log needs all the time is kept.
    private const int KeptBuffer = 64 * 1024;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly TimeProvider _time;
    private readonly string? _path;
    private readonly int _maxWaiting;
    private Stream _stream;
    private byte[] _waiting = [];
    private byte[] _spare = [];
    private int _length;
    private int _lines;
    private long _lost;
    private bool _isScheduled;

    /// <param name="stream">Where lines are appended.</param>
    /// <param name="path">The file's name, by which it is opened anew; null where there is none.</param>
    /// <param name="time">The clock of the lines that the sink writes itself.</param>
    /// <param name="maxWaiting">How many bytes of lines may wait.</param>
    internal StreamLogSink(Stream stream, string? path, TimeProvider time, int maxWaiting = DefaultMaxWaiting)
    {
        _stream = stream;
        _path = path;
        _time = time;
        _maxWaiting = maxWaiting;
    }

    /// <exception cref="ErrorLogException">The file cannot be opened; the message is nginx's.</exception>
    public static StreamLogSink OpenFile(string path, TimeProvider time) => new(AppendFile.Open(path), path, time);

    public static StreamLogSink OpenStandardOutput(TimeProvider time) => new(Console.OpenStandardOutput(), path: null, time);

    public static StreamLogSink OpenStandardError(TimeProvider time) => new(Console.OpenStandardError(), path: null, time);

    public override void Write(ReadOnlySpan<byte> line, ErrorLogLevel level, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_length + line.Length > _maxWaiting)
            {
                _lost++;
                return;
            }

            if (_length + line.Length > _waiting.Length) Array.Resize(ref _waiting, Math.Max(_waiting.Length * 2, Math.Max(_length + line.Length, ErrorLogLine.MaxLength)));
            line.CopyTo(_waiting.AsSpan(_length));
            _length += line.Length;
            _lines++;
            if (_isScheduled) return;
            _isScheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => WriteWaiting();

    public override void Reopen()
    {
        if (_path is null) return;
        var opened = AppendFile.Open(_path);
        lock (_writing)
        {
            WriteWaiting();
            _stream.Dispose();
            _stream = opened;
        }
    }

    public override void ChangeOwner(uint user)
    {
        if (_path is null) return;
        lock (_writing) AppendFile.ChangeOwner((FileStream)_stream, _path, user);
    }

    public override void Dispose()
    {
        // A thread of its own, because the pool may be busy; and not for ever, because a pipe may be full that nobody reads.
        var last = new Thread(WriteWaiting) { IsBackground = true };
        last.Start();
        if (last.Join(CloseTimeout)) _stream.Dispose();
    }

    private void WriteWaiting()
    {
        lock (_writing)
        {
            while (Take(out var buffer, out var length, out var lines, out var lost))
            {
                if (lost > 0) AppendLossNote(lost);
                Append(buffer.AsSpan(0, length), lines);
                if (buffer.Length <= KeptBuffer) _spare = buffer;
            }
        }
    }

    private bool Take(out byte[] buffer, out int length, out int lines, out long lost)
    {
        lock (_gate)
        {
            (buffer, length, lines, lost) = (_waiting, _length, _lines, _lost);
            _isScheduled = length > 0;
            if (!_isScheduled) return false;
            (_waiting, _spare) = (_spare, []);
            (_length, _lines, _lost) = (0, 0, 0);
            return true;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, int lines)
    {
        try
        {
            _stream.Write(bytes);
        }
        catch (Exception)
        {
            // The disk is full, or stderr is gone: there is nowhere to say so until there is room again. Anything else would end the
            // process here, on a thread of the pool, or the log for good.
            lock (_gate) _lost += lines;
        }
    }

    private void AppendLossNote(long lost)
    {
        var text = $"{lost} lines of this log were lost, because they could not be written";
        Append(ErrorLogLine.Format(stackalloc byte[ErrorLogLine.MaxLength], _time.GetLocalNow(), ErrorLogLevel.Alert, text), 0);
    }
}
