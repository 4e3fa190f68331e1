using MailProxy.Configuration;

namespace MailProxy.Observing.Logs;

/// <summary>
/// A file, a pipe, stdout or stderr. Lines are kept in memory, one behind the other, and a thread of the pool writes as many
/// together as wait: a session, which may run on an event loop with thousands of others, pays for no system call, and a slow
/// disk or a full pipe holds up nobody. Whole lines reach a file by one append. What waits is written before a file is opened
/// anew and before <see cref="Dispose"/> returns. Only where a target takes nothing until <c>maxWaiting</c> bytes
/// wait, or its disk is full, are lines lost: they are counted, the other logs say so, and a line then says how many.
/// </summary>
internal sealed class StreamLogSink : LogSink, IThreadPoolWorkItem
{
    private const int DefaultMaxWaiting = 8 * 1024 * 1024;

    // What a burst needed is given back; what a busy log needs all the time is kept.
    private const int KeptBuffer = 64 * 1024;

    // A reader that is busy is waited for by a thread of the pool; one that is away is looked for now and then.
    private static readonly TimeSpan BusyWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly TimeProvider _time;
    private readonly string? _path;
    private readonly string _name;
    private readonly int _maxWaiting;

    // Under the gate: what nobody has begun to write.
    private byte[] _waiting = [];
    private byte[] _spare = [];
    private int _length;
    private long _lost;
    private bool _isScheduled;

    // Of whoever writes: what is being written.
    private LogOutput _output;
    private byte[] _batch = [];
    private int _offset;
    private int _end;
    private long _told;
    private bool _hasNoteFailed;
    private bool _isTorn;
    private ITimer? _retry;
    private LogOutput? _next;
    private bool _isDisposed;

    /// <param name="stream">Where lines are appended.</param>
    /// <param name="path">Unused; a stream cannot be opened anew.</param>
    /// <param name="time">The clock of the lines that the sink writes itself.</param>
    /// <param name="maxWaiting">How many bytes of lines may wait.</param>
    internal StreamLogSink(Stream stream, string? path, TimeProvider time, int maxWaiting = DefaultMaxWaiting)
        : this(new StreamOutput(stream), path, path ?? "stream", time, maxWaiting)
    {
    }

    internal StreamLogSink(LogOutput output, string? path, string name, TimeProvider time, int maxWaiting = DefaultMaxWaiting)
    {
        _output = output;
        _path = path;
        _name = name;
        _time = time;
        _maxWaiting = maxWaiting;
        _isTorn = output.IsFile(out var endsTorn) && endsTorn;
    }

    /// <inheritdoc/>
    public override string? Problem => _output.Problem;

    /// <param name="path">The file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxWaiting">How many bytes of lines may wait.</param>
    /// <exception cref="ErrorLogException">The file cannot be opened; the message is nginx's.</exception>
    public static StreamLogSink OpenFile(string path, TimeProvider time, int maxWaiting = DefaultMaxWaiting) => new(Open(path), path, path, time, maxWaiting);

    public static StreamLogSink OpenStandardOutput(TimeProvider time) =>
        new(OperatingSystem.IsLinux() ? DescriptorOutput.OfStandard(1) : new StreamOutput(Console.OpenStandardOutput()), path: null, "stdout", time);

    public static StreamLogSink OpenStandardError(TimeProvider time) => new(StandardError(), path: null, "stderr", time);

    /// <summary>stderr, for what has nowhere else to go.</summary>
    public static LogOutput StandardError() => OperatingSystem.IsLinux() ? DescriptorOutput.OfStandard(2) : new StreamOutput(Console.OpenStandardError());

    public override void Write(ReadOnlySpan<byte> line, ErrorLogLevel level, DateTimeOffset now)
    {
        bool fits;
        lock (_gate)
        {
            fits = _length + line.Length <= _maxWaiting;
            if (!fits)
            {
                _lost++;
            }
            else
            {
                if (_length + line.Length > _waiting.Length) Array.Resize(ref _waiting, Math.Max(_waiting.Length * 2, Math.Max(_length + line.Length, ErrorLogLine.MaxLength)));
                line.CopyTo(_waiting.AsSpan(_length));
                _length += line.Length;
                if (_isScheduled) return;
                _isScheduled = true;
            }
        }

        if (fits) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else Losses?.Lost(1, $"\"{_name}\" takes nothing, and {_maxWaiting} bytes wait for it: further lines are dropped");
    }

    void IThreadPoolWorkItem.Execute() => WriteWaiting(BusyWait);

    public override void Reopen()
    {
        if (_path is null) return;
        var opened = Open(_path);
        // A disk that hangs may hold the writer for long; it changes then.
        if (!_writing.TryEnter(LastWait))
        {
            Interlocked.Exchange(ref _next, opened)?.Dispose();
            return;
        }

        try
        {
            WriteWaiting(TimeSpan.Zero);
            Change(opened);
        }
        finally
        {
            _writing.Exit();
        }
    }

    public override void ChangeOwner(uint user)
    {
        lock (_writing) _output.ChangeOwner(user);
    }

    public override void Dispose()
    {
        // A thread of its own, because the pool may be busy; and not for ever, because a pipe may be full that nobody reads.
        var last = new Thread(() => WriteWaiting(LastWait)) { IsBackground = true };
        last.Start();
        if (!last.Join(CloseTimeout) || !_writing.TryEnter(LastWait)) return;
        try
        {
            _isDisposed = true;
            _retry?.Dispose();
            _next?.Dispose();
            _output.Dispose();
        }
        finally
        {
            _writing.Exit();
        }
    }

    private static LogOutput Open(string path) => OperatingSystem.IsLinux() ? DescriptorOutput.Open(path) : new StreamOutput(AppendFile.Open(path));

    /// <summary>Writes what waits, as far as the target takes it; the rest is tried again later.</summary>
    /// <param name="patience">How long a target may take nothing.</param>
    private void WriteWaiting(TimeSpan patience)
    {
        lock (_writing)
        {
            while (_offset < _end || Take())
            {
                if (!WriteBatch(patience))
                {
                    RetryLater();
                    return;
                }

                if (Interlocked.Exchange(ref _next, null) is { } next) Change(next);
            }
        }
    }

    private bool Take()
    {
        lock (_gate)
        {
            _isScheduled = _length > 0;
            if (!_isScheduled) return false;
            (_offset, _told) = (0, _hasNoteFailed ? 0 : _lost);
            _hasNoteFailed = false;
            if (_told > 0)
            {
                _batch = LossNote(_told);
                _end = _batch.Length;
                _lost = 0;
                return true;
            }

            (_batch, _end) = (_waiting, _length);
            (_waiting, _spare, _length) = (_spare, [], 0);
            return true;
        }
    }

    /// <returns>False where the target takes nothing for now.</returns>
    private bool WriteBatch(TimeSpan patience)
    {
        try
        {
            while (_offset < _end)
            {
                var taken = _output.Write(_isTorn ? "\n"u8 : _batch.AsSpan(_offset, _end - _offset));
                if (taken == 0 && !_output.Wait(patience)) return false;
                if (_isTorn) _isTorn = taken == 0;
                else _offset += taken;
            }

            if (_told == 0) Losses?.Recovered();
        }
        // Not by type: anything else would end the process here, on a thread of the pool, or the log for good.
        catch (Exception exception)
        {
            // The disk is full, or stderr is gone. What stands there of a line stays torn, and the next line begins one.
            var lines = _batch.AsSpan(_offset, _end - _offset).Count((byte)'\n');
            _isTorn |= _offset > 0 && _batch[_offset - 1] != (byte)'\n';
            _offset = _end;
            _hasNoteFailed = _told > 0;
            lock (_gate) _lost += _told > 0 ? _told : lines;
            if (_told == 0) Losses?.Lost(lines, $"write() to \"{_name}\" failed ({exception.Message}), its lines are dropped");
        }

        if (_told == 0 && _batch.Length <= KeptBuffer) _spare = _batch;
        return true;
    }

    private void RetryLater()
    {
        if (_isDisposed) return;
        _retry ??= _time.CreateTimer(static self => ThreadPool.UnsafeQueueUserWorkItem((StreamLogSink)self!, preferLocal: false), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _retry.Change(RetryAfter, Timeout.InfiniteTimeSpan);
    }

    private void Change(LogOutput opened)
    {
        _output.Dispose();
        _output = opened;
        if (!opened.IsFile(out var endsTorn)) return;
        _isTorn = endsTorn;
        // What a pipe took of a line is no beginning here.
        if (_offset < _end) _offset = _batch.AsSpan(0, _offset).LastIndexOf((byte)'\n') + 1;
    }

    private byte[] LossNote(long lost)
    {
        var text = $"{lost} lines of this log were lost, because they could not be written";
        return ErrorLogLine.Format(stackalloc byte[ErrorLogLine.MaxLength], _time.GetLocalNow(), ErrorLogLevel.Alert, text).ToArray();
    }
}
