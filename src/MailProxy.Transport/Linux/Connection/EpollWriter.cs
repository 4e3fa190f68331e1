using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>The sending half of a connection: a flush sends at once, and waits only where the peer does not take it.</summary>
internal sealed class EpollWriter(EpollConnection connection) : PipeWriter, IValueTaskSource<FlushResult>
{
    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;          // not the registration's: it may fire before there is one
    private byte[]? _block;
    private int _start;
    private int _end;
    private bool _isPending;
    private bool _isCompleted;
    private bool _isDead;
    private bool _endsWhenSent;
    private int _cancelRequested;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _end - _start;

    /// <summary>Whether bytes were written that the kernel has not taken.</summary>
    public bool HasUnsent => _end > _start && !_isDead;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _block.AsMemory(_end);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return _block.AsSpan(_end);
    }

    public override void Advance(int bytes)
    {
        if (bytes < 0 || _block is null || bytes > _block.Length - _end) throw new ArgumentOutOfRangeException(nameof(bytes));
        _end += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_isPending) throw new InvalidOperationException("A flush is already pending.");
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        if (connection.Loop.IsCurrent)
        {
            Send();
            if (TryTake(out var result)) return new ValueTask<FlushResult>(result);
        }
        else if (_end == _start)
        {
            return new ValueTask<FlushResult>(new FlushResult(false, _isDead));
        }

        _source.Reset();
        _token = cancellationToken;
        _isPending = true;
        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static (self, token) => ((EpollWriter)self!).OnCanceled(token), this);
        var task = new ValueTask<FlushResult>(this, _source.Version);
        if (!connection.Loop.IsCurrent) connection.Loop.Post(static self => ((EpollWriter)self!).OnWritable(), this);
        return task;
    }

    public override void CancelPendingFlush()
    {
        Interlocked.Exchange(ref _cancelRequested, 1);
        if (connection.Loop.IsCurrent) CompleteIfPossible();
        else connection.Loop.Post(static self => ((EpollWriter)self!).CompleteIfPossible(), this);
    }

    /// <summary>Nothing more will be written: the peer sees the end of the stream once all of it is sent.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted) return;
        _isCompleted = true;
        if (exception is not null) connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException("The output failed.", exception));
        else if (connection.Loop.IsCurrent) EndWhenSent();
        else connection.Loop.Post(static self => ((EpollWriter)self!).EndWhenSent(), this);
    }

    /// <summary>There is room. On the loop.</summary>
    public void OnWritable()
    {
        if (HasUnsent && (_isPending || _endsWhenSent || connection.IsClosing)) Send();
        CompleteIfPossible();
        if (HasUnsent) return;
        if (_endsWhenSent)
        {
            _endsWhenSent = false;
            connection.ShutdownSend();
        }

        connection.OnDrained();
    }

    /// <summary>The connection is being closed: what is written and not flushed goes out too. On the loop.</summary>
    public void FlushBeforeClose() => OnWritable();

    /// <summary>Throws away what is not sent. On the loop.</summary>
    public void Drop() => Forget();

    /// <summary>The descriptor is closed. On the loop.</summary>
    public void OnClosed()
    {
        _isDead = true;
        Forget();
        CompleteIfPossible();
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    private void EndWhenSent()
    {
        _endsWhenSent = true;
        OnWritable();
    }

    private void Send()
    {
        while (HasUnsent)
        {
            var count = connection.Send(_block.AsSpan(_start, _end - _start));
            if (count == 0) return;
            if (count < 0)
            {
                _isDead = true;             // what the peer still sends can be read; nobody is told more by a throw
                break;
            }

            _start += count;
        }

        Forget();
    }

    private void Forget()
    {
        if (_block is not null && connection.Loop.IsCurrent) connection.Loop.Blocks.Return(_block, _end);
        _block = null;
        _start = _end = 0;
    }

    private bool TryTake(out FlushResult result)
    {
        var isCanceled = Volatile.Read(ref _cancelRequested) != 0 && Interlocked.Exchange(ref _cancelRequested, 0) != 0;
        result = new FlushResult(isCanceled, _isDead);
        return isCanceled || !HasUnsent;
    }

    private void CompleteIfPossible()
    {
        if (!_isPending || !TryTake(out var result)) return;
        EndPending();
        _source.SetResult(result);
    }

    private void OnCanceled(CancellationToken token)
    {
        if (!connection.Loop.IsCurrent)
        {
            connection.Loop.Post(static state =>
            {
                var (self, canceled) = ((EpollWriter, CancellationToken))state!;
                self.OnCanceled(canceled);
            }, (this, token));
            return;
        }

        // Posted, it may come when its flush has ended and another one waits.
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

    private void MakeRoom(int size)
    {
        if (_block is null)
        {
            _block = connection.Loop.IsCurrent ? connection.Loop.Blocks.Rent(size) : GC.AllocateUninitializedArray<byte>(Math.Max(size, BlockPool.BlockSize));
            return;
        }

        if (_block.Length - _end >= size) return;
        var larger = GC.AllocateUninitializedArray<byte>(Math.Max(_block.Length * 2, _end - _start + size));
        _block.AsSpan(_start, _end - _start).CopyTo(larger);
        if (connection.Loop.IsCurrent) connection.Loop.Blocks.Return(_block);
        _block = larger;
        _end -= _start;
        _start = 0;
    }
}
