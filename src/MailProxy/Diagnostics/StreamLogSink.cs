using System.Threading.Channels;
using MailProxy.Configuration;
using Microsoft.Win32.SafeHandles;

namespace MailProxy.Diagnostics;

/// <summary>
/// A file, or stderr. Lines are queued and written by one task, as many together as wait: a session pays for no system
/// call, and a slow disk holds up nobody. What is queued is written before <see cref="Dispose"/> returns. Where the disk
/// is so slow that the queue is full, lines are dropped, and a line says how many.
/// </summary>
internal sealed class StreamLogSink : LogSink
{
    private const int MostQueued = 65536;
    private const int BatchSize = 64 * 1024;

    private static readonly byte[] ReopenMark = [];
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Channel<byte[]> _queue = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MostQueued) { SingleReader = true });
    private readonly string? _path;
    private readonly Task _writing;
    private SafeFileHandle _handle;
    private long _dropped;

    private StreamLogSink(SafeFileHandle handle, string? path)
    {
        _handle = handle;
        _path = path;
        _writing = Task.Run(WriteQueuedAsync);
    }

    /// <exception cref="IOException">The file cannot be opened; the message is nginx's.</exception>
    public static StreamLogSink OpenFile(string path) => new(AppendFile.Open(path), path);

    public static StreamLogSink OpenStandardError() => new(new SafeFileHandle(2, ownsHandle: false), null);

    public override void Write(byte[] line, ErrorLogLevel level)
    {
        if (!_queue.Writer.TryWrite(line)) Interlocked.Increment(ref _dropped);
    }

    public override void Reopen()
    {
        if (_path is not null) _queue.Writer.TryWrite(ReopenMark);
    }

    public override void Dispose()
    {
        _queue.Writer.TryComplete();
        // At most a few seconds at the end of a configuration; nobody's session waits for it.
        ((IAsyncResult)_writing).AsyncWaitHandle.WaitOne(CloseTimeout);
        _handle.Dispose();
    }

    private async Task WriteQueuedAsync()
    {
        var batch = new byte[BatchSize];
        while (await _queue.Reader.WaitToReadAsync())
        {
            var length = 0;
            while (length <= BatchSize - ErrorLogLine.MaxLength && _queue.Reader.TryRead(out var line))
            {
                if (line == ReopenMark)
                {
                    Flush(batch, ref length);
                    OpenAgain();
                    continue;
                }

                line.CopyTo(batch, length);
                length += line.Length;
            }

            Flush(batch, ref length);
        }
    }

    private void Flush(byte[] batch, ref int length)
    {
        if (Interlocked.Exchange(ref _dropped, 0) is var dropped and > 0) Append(System.Text.Encoding.ASCII.GetBytes($"{dropped} log lines were dropped\n"));
        if (length > 0) Append(batch.AsSpan(0, length));
        length = 0;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            AppendFile.Write(_handle, bytes);
        }
        catch (IOException)
        {
            // The disk is full, or stderr is gone: there is nowhere to say so.
        }
    }

    private void OpenAgain()
    {
        try
        {
            var opened = AppendFile.Open(_path!);
            _handle.Dispose();
            _handle = opened;
        }
        catch (IOException exception)
        {
            Append(System.Text.Encoding.UTF8.GetBytes($"{exception.Message}; the log stays where it is\n"));
        }
    }
}
