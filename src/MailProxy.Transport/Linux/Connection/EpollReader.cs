using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using MailProxy.Transport.Linux.Loop;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>
/// The receiving half of a connection. Memory is rented only while bytes are in it; nothing is read ahead of the
/// consumer, so that its slowness is the peer's. The result of a read is one piece of memory. A consumer whose peer always
/// has more gets one such piece in each turn of the loop, as in nginx.
/// </summary>
internal sealed class EpollReader(EpollConnection connection) : PipeReader, IValueTaskSource<ReadResult>, IResumable
{
    // SequencePosition keeps flags above the index.
    private const int IndexMask = int.MaxValue;

    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;          // not the registration's: it may fire before there is one
    private byte[]? _block;
    private int _start;
    private int _end;
    private int _used;
    private Exception? _error;
    private bool _hasEnded;
    private bool _isExamined = true;
    private bool _isPending;
    private bool _isCompleted;
    private bool _isQueued;
    private long _filledIn;
    private int _cancelRequested;

    // A closed connection gives its error.
    private bool MayFill => connection.IsClosed || (connection.IsReadable && _filledIn != connection.Loop.Turn);

    private bool IsEmpty => _start == _end;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isCompleted, this);
        if (_isPending) throw new InvalidOperationException("A read is already pending.");
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        if (TryTake(out var result)) return new ValueTask<ReadResult>(result);
        if (connection.Loop.IsCurrent && MayFill && Fill() && TryTake(out result)) return new ValueTask<ReadResult>(result);
        _source.Reset();
        _token = cancellationToken;
        _isPending = true;
        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static (self, token) => ((EpollReader)self!).OnCanceled(token), this);
        var task = new ValueTask<ReadResult>(this, _source.Version);
        if (!connection.Loop.IsCurrent) connection.Loop.Post(static self => ((EpollReader)self!).OnReadable(), this);
        else ResumeIfReadable();
        return task;
    }

    /// <summary>Whoever asks so wants to know what is there, and does not come again for more: it counts for no turn.</summary>
    public override bool TryRead(out ReadResult result)
    {
        ObjectDisposedException.ThrowIf(_isCompleted, this);
        if (TryTake(out result)) return true;
        return connection.Loop.IsCurrent && (connection.IsReadable || connection.IsClosed) && Fill() && TryTake(out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_block is null) return;                // nothing was lent
        var from = consumed.GetObject() is null ? _start : consumed.GetInteger() & IndexMask;
        var seen = examined.GetObject() is null ? from : examined.GetInteger() & IndexMask;
        if (from < _start || from > _end || seen < from || seen > _end) throw new ArgumentOutOfRangeException(nameof(consumed));
        _start = from;
        _isExamined = seen == _end;
        if (IsEmpty) ReturnBlock();
    }

    public override void CancelPendingRead()
    {
        Interlocked.Exchange(ref _cancelRequested, 1);
        if (connection.Loop.IsCurrent) CompleteIfPossible();
        else connection.Loop.Post(static self => ((EpollReader)self!).CompleteIfPossible(), this);
    }

    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted) return;
        _isCompleted = true;
        ReturnBlock();
    }

    /// <summary>There may be something to read, or the end. On the loop.</summary>
    public void OnReadable()
    {
        // Who is in the queue has had a turn, and waits for the next one there, as does who comes when the turn is over.
        if (!_isPending || (_isQueued && !connection.IsClosed)) return;
        if (connection.Loop.IsLate && !connection.IsClosed) ResumeIfReadable();
        else Read();
    }

    private void Read()
    {
        if (MayFill && NeedsMore) Fill();
        CompleteIfPossible();
        ResumeIfReadable();
    }

    /// <summary>The descriptor is closed. On the loop.</summary>
    public void OnClosed(ConnectionAbortedException? reason)
    {
        if (!_hasEnded && _error is null && (_isPending || reason is not null)) _error = reason ?? EpollConnection.OwnClose();
        CompleteIfPossible();
    }

    /// <summary>Takes what is buffered out of the reader, for the relay. On the loop.</summary>
    /// <returns>The memory, which the caller gives back; null where nothing is buffered.</returns>
    public byte[]? TakeBuffered(out int start, out int end)
    {
        (start, end) = (_start, _end);
        var block = IsEmpty ? null : _block;
        if (block is null) ReturnBlock();
        _block = null;
        _start = _end = 0;
        _isExamined = true;
        return block;
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    // Without the scheduling context: completions come on the loop, and whoever waits goes on inline.
    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    /// <inheritdoc/>
    public void Resume()
    {
        _isQueued = false;
        _filledIn = 0;
        if (_isPending) Read();
    }

    /// <inheritdoc/>
    public void OnFault(Exception exception) => connection.OnFault(exception);

    /// <summary>What is there now is for the next turn.</summary>
    private void ResumeIfReadable()
    {
        if (!_isPending || _isQueued || !connection.IsReadable) return;
        _isQueued = true;
        connection.Loop.ResumeLater(this);
    }

    private bool NeedsMore => _isExamined && !_hasEnded && _error is null;

    /// <summary>The result of a read, where one can be given without waiting.</summary>
    private bool TryTake(out ReadResult result)
    {
        var isCanceled = Volatile.Read(ref _cancelRequested) != 0 && Interlocked.Exchange(ref _cancelRequested, 0) != 0;
        if (!isCanceled && NeedsMore)
        {
            result = default;
            return false;
        }

        if (_error is not null && !isCanceled && _isExamined) throw Rethrowable(_error);
        var buffer = _block is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_block, _start, _end - _start);
        result = new ReadResult(buffer, isCanceled, _hasEnded);
        return true;
    }

    /// <summary>Reads once into free memory.</summary>
    /// <returns>Whether anything came of it: bytes, the end, or an error.</returns>
    private bool Fill()
    {
        MakeRoom();
        _filledIn = connection.Loop.Turn;
        var count = connection.Receive(_block.AsSpan(_end));
        if (count > 0)
        {
            _end += count;
            _used = Math.Max(_used, _end);
            _isExamined = false;
            return true;
        }

        if (count == 0) _hasEnded = true;
        else if (count < -1) _error = connection.ErrorOf(-1 - count);
        if (IsEmpty) ReturnBlock();
        return count != -1;
    }

    private void MakeRoom()
    {
        if (_block is null)
        {
            _block = connection.Loop.Blocks.Rent(BlockPool.BlockSize);
            return;
        }

        if (_end < _block.Length) return;
        var target = _start > 0 ? _block : connection.Loop.Blocks.Rent(_block.Length * 2);
        _block.AsSpan(_start, _end - _start).CopyTo(target);
        if (target != _block) connection.Loop.Blocks.Return(_block);
        _block = target;
        _end -= _start;
        _start = 0;
    }

    private void ReturnBlock()
    {
        if (_block is null) return;
        // The pool is the loop's; from elsewhere the collector takes it.
        if (connection.Loop.IsCurrent) connection.Loop.Blocks.Return(_block, Math.Min(_used, _block.Length));
        _used = 0;
        _block = null;
        _start = _end = 0;
    }

    private void CompleteIfPossible()
    {
        if (!_isPending) return;
        ReadResult result;
        try
        {
            if (!TryTake(out result)) return;
        }
        catch (Exception exception)
        {
            EndPending();
            _source.SetException(exception);
            return;
        }

        EndPending();
        _source.SetResult(result);
    }

    private void OnCanceled(CancellationToken token)
    {
        if (!connection.Loop.IsCurrent)
        {
            connection.Loop.Post(static state =>
            {
                var (self, canceled) = ((EpollReader, CancellationToken))state!;
                self.OnCanceled(canceled);
            }, (this, token));
            return;
        }

        // Posted, it may come when its read has ended and another one waits.
        if (!_isPending || token != _token) return;
        EndPending();
        _source.SetException(new OperationCanceledException(token));
    }

    private void EndPending()
    {
        _isPending = false;
        _cancellation.Unregister();
        _cancellation = default;
        _token = default;
    }

    // The same object may be thrown more than once: each throw wants a stack trace of its own.
    private static Exception Rethrowable(Exception error) => error is ConnectionResetException
        ? new ConnectionResetException(error.Message, error.InnerException!)
        : error is ConnectionAbortedException ? new ConnectionAbortedException(error.Message, error.InnerException!) : new IOException(error.Message, error.InnerException);
}
