using System.Buffers;
using System.IO.Pipelines;

namespace MailProxy.Transport.Managed;

/// <summary>One direction of a relay. It holds no buffer of its own: bytes go from one pipe to the other.</summary>
/// <param name="from">Where bytes come from.</param>
/// <param name="to">Where they go.</param>
/// <param name="buffer">Bytes taken at most before they must be delivered.</param>
/// <param name="idle">Told of every byte.</param>
internal sealed class RelayPump(PipeReader from, PipeWriter to, int buffer, IdleTimer idle)
{
    private volatile bool _cancelled;
    private volatile bool _ended;

    /// <summary>Bytes delivered.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the failed side reported. A sink that is merely gone reports nothing.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Ends the pump, also when it waits for either side. Callable from any thread.</summary>
    public void Cancel()
    {
        _cancelled = true;
        if (_ended) return;
        from.CancelPendingRead();
        to.CancelPendingFlush();
    }

    /// <summary>Carries bytes until the source ends, a side fails or <see cref="Cancel"/> is called. Never throws.</summary>
    public async Task<PumpEnd> RunAsync()
    {
        SequencePosition? lent = null;        // one method, so that an event allocates nothing
        try
        {
            while (true)
            {
                var read = await from.ReadAsync();
                lent = read.Buffer.Start;
                var chunk = read.Buffer.Length > buffer ? read.Buffer.Slice(0, buffer) : read.Buffer;
                if (_cancelled) return PumpEnd.Cancelled;
                if (!chunk.IsEmpty)
                {
                    idle.Touch();
                    var flush = await WriteAsync(chunk);
                    if (flush.IsCompleted) return PumpEnd.SinkFailed;
                    if (_cancelled && flush.IsCanceled) return PumpEnd.Cancelled;
                    Bytes += chunk.Length;
                    idle.Touch();
                }
                else if (read.IsCompleted)
                {
                    return PumpEnd.SourceEnded;
                }

                lent = null;
                from.AdvanceTo(chunk.End);
            }
        }
        catch (Exception exception)           // whatever it is, this side is of no use any more
        {
            Error = exception;
            return lent is null ? PumpEnd.SourceFailed : PumpEnd.SinkFailed;
        }
        finally
        {
            _ended = true;
            if (lent is { } start) from.AdvanceTo(start);
        }
    }

    /// <summary>One flush, and one piece of memory where the source has several: a stream would send each by itself.</summary>
    private ValueTask<FlushResult> WriteAsync(ReadOnlySequence<byte> chunk)
    {
        if (chunk.IsSingleSegment) return to.WriteAsync(chunk.First);
        var length = (int)chunk.Length;
        chunk.CopyTo(to.GetSpan(length));
        to.Advance(length);
        return to.FlushAsync();
    }
}

/// <summary>Why a pump ended.</summary>
internal enum PumpEnd
{
    /// <summary>The source has ended, and all of it is delivered.</summary>
    SourceEnded,

    /// <summary>Reading failed.</summary>
    SourceFailed,

    /// <summary>Writing failed, or nobody reads any more.</summary>
    SinkFailed,

    /// <summary>By <see cref="RelayPump.Cancel"/>.</summary>
    Cancelled,
}
