using System.IO.Pipelines;

namespace MailProxy.Transport.Managed;

/// <summary>
/// A reader whose consumer gives its thread to others from time to time, though its peer always has more: a read that need
/// not wait does not come back before the pool has had a look at what else there is to do.
/// </summary>
internal sealed class YieldingReader(PipeReader reader) : PipeReader
{
    // The system's coarse clock costs next to nothing; it ticks every few milliseconds.
    private const long Slice = 8;

    private long _since;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = reader.ReadAsync(cancellationToken);
        var now = read.IsCompleted ? Environment.TickCount64 : 0;
        if (now == 0 || _since == 0) _since = now;
        if (now - _since < Slice) return read;
        _since = 0;
        return YieldAsync(read);
    }

    public override bool TryRead(out ReadResult result) => reader.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => reader.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => reader.Complete(exception);

    private static async ValueTask<ReadResult> YieldAsync(ValueTask<ReadResult> read)
    {
        await Task.Yield();
        return await read;
    }
}
