using System.IO.Pipelines;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Linux.Loop;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>
/// A connection over a descriptor that lives on one loop. What reads and writes on the loop runs inline; calls from
/// other threads are posted to it, so that Kestrel's own middleware works as well.
/// </summary>
internal sealed partial class EpollConnection : ConnectionContext, IDescriptorHandler, IDuplexPipe
{
    // Made when they are asked for, and given up when a relay begins: an idle session needs none of them.
    private ConnectionFeatures? _features;
    private EpollReader? _reader;
    private EpollWriter? _writer;
    private string? _id;
    private IDictionary<object, object?>? _items;
    private IDuplexPipe? _transport;
    private CancellationTokenSource? _closed;
    private TaskCompletionSource? _disposed;
    private CloseLimit? _closeLimit;
    private int _descriptor = -1;
    private bool _isReadToEnd;

    public EpollConnection(EventLoop loop)
    {
        Loop = loop;
    }

    public EventLoop Loop { get; }

    /// <summary>Whether a read may find something: set by an event, cleared before a read that finds nothing.</summary>
    public bool IsReadable { get; set; }

    /// <summary>Whether the peer has ended its side, so that no further event announces the end of the stream.</summary>
    public bool PeerEnded { get; private set; }

    public bool IsClosed => _descriptor < 0;

    /// <summary>Whether somebody waits for the last bytes to leave.</summary>
    public bool IsClosing => _disposed is not null;

    public override string ConnectionId
    {
        get => _id ??= ConnectionIds.Next();
        set => _id = value;
    }

    public override IFeatureCollection Features => _features ??= new ConnectionFeatures(this);

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _transport ?? this;
        set => _transport = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get
        {
            var source = Volatile.Read(ref _closed);
            if (source is not null) return source.Token;
            source = Interlocked.CompareExchange(ref _closed, new CancellationTokenSource(), null) ?? _closed;
            if (IsClosed) source!.Cancel();
            return source!.Token;
        }
        set => throw new NotSupportedException("The transport knows when the connection closes.");
    }

    PipeReader IDuplexPipe.Input => Reader;

    PipeWriter IDuplexPipe.Output => Writer;

    internal EpollReader Reader => _reader ??= new EpollReader(this);

    internal EpollWriter Writer => _writer ??= new EpollWriter(this);

    private bool HasUnsent => _writer is { HasUnsent: true } || _tls is { HasUnsent: true };

    /// <summary>Whether nobody put another transport over the descriptor.</summary>
    internal bool IsBare => _transport is null || _transport == this;

    /// <summary>Takes a connected, or connecting, descriptor. On the loop.</summary>
    /// <exception cref="IOException">The loop cannot take it; it is still the caller's.</exception>
    public void Attach(int descriptor)
    {
        Loop.Add(descriptor, this, EpollEvents.In | EpollEvents.Out | EpollEvents.PeerShutdown | EpollEvents.EdgeTriggered);
        _descriptor = descriptor;
    }

    public void OnEvents(EpollEvents events)
    {
        var input = (events & (EpollEvents.In | EpollEvents.PeerShutdown | EpollEvents.HangUp | EpollEvents.Error)) != 0;
        if (input) IsReadable = true;
        if ((events & (EpollEvents.PeerShutdown | EpollEvents.HangUp | EpollEvents.Error)) != 0) PeerEnded = true;
        if (_isConnecting)
        {
            EndConnecting(events);
            return;
        }

        var output = (events & (EpollEvents.Out | EpollEvents.HangUp | EpollEvents.Error)) != 0;
        if (_tls is { } tls && OnTlsEvents(tls, input, output)) return;
        if (_relay is { } relay)
        {
            relay.OnEvents(this, input, output);
            return;
        }

        if (output) _writer?.OnWritable();
        if (input) _reader?.OnReadable();
    }

    /// <inheritdoc/>
    public void OnFault(Exception exception) => Abort(new ConnectionAbortedException("Internal error.", exception));

    /// <summary>Reads once.</summary>
    /// <returns>Bytes read; 0 at the end of the stream; -1 where there is nothing yet, or where it was enough for one turn and <see cref="IsReadable"/> is left; otherwise the negated errno less one.</returns>
    public int Receive(Span<byte> buffer)
    {
        if (_descriptor < 0) return -1 - Errno.ConnectionAborted;
        if (_tls is not null) return _tls.Receive(buffer);
        var count = ReceiveRaw(buffer, out var mayBeMore);
        IsReadable = mayBeMore;
        return count;
    }

    /// <summary>The same, of what is on the wire; the caller keeps in mind whether to come again.</summary>
    internal unsafe int ReceiveRaw(Span<byte> buffer, out bool mayBeMore)
    {
        mayBeMore = false;
        while (true)
        {
            nint count;
            fixed (byte* start = buffer) count = LibC.Receive(_descriptor, start, buffer.Length, Constants.MessageDontWait);
            if (count >= 0)
            {
                mayBeMore = count == buffer.Length || (PeerEnded && count > 0);
                if (count == 0) _isReadToEnd = true;
                return (int)count;
            }

            var errno = Errno.Last;
            if (errno == Errno.Interrupted) continue;
            return errno == Errno.TryAgain ? -1 : -1 - errno;
        }
    }

    /// <summary>Writes once.</summary>
    /// <param name="buffer">What.</param>
    /// <param name="isLast">Whether the end follows at once, so that both may leave in one segment.</param>
    /// <returns>Bytes taken, 0 where there is no room; otherwise the negated errno less one.</returns>
    public int Send(ReadOnlySpan<byte> buffer, bool isLast = false) =>
        _descriptor < 0 ? -1 - Errno.ConnectionAborted : _tls is null ? SendRaw(buffer, isLast) : _tls.Send(buffer, isLast);

    /// <summary>The same, of what goes on the wire.</summary>
    internal unsafe int SendRaw(ReadOnlySpan<byte> buffer, bool isLast = false)
    {
        var flags = Constants.MessageNoSignal | Constants.MessageDontWait | (isLast ? Constants.MessageMore : 0);
        while (true)
        {
            nint count;
            fixed (byte* start = buffer) count = LibC.Send(_descriptor, start, buffer.Length, flags);
            if (count >= 0) return (int)count;
            var errno = Errno.Last;
            if (errno == Errno.Interrupted) continue;
            return errno is Errno.TryAgain or Errno.InProgress ? 0 : -1 - errno;
        }
    }

    /// <summary>Moves bytes from the descriptor into a pipe, or from a pipe into the descriptor; results as of <see cref="Receive"/>.</summary>
    public int Splice(SplicePipe pipe, int length, bool intoPipe)
    {
        if (_descriptor < 0) return -1 - Errno.ConnectionAborted;
        var (from, to) = intoPipe ? (_descriptor, pipe.WriteEnd) : (pipe.ReadEnd, _descriptor);
        while (true)
        {
            var count = LibC.Splice(from, 0, to, 0, length, Constants.SpliceMove | Constants.SpliceNonBlock);
            if (count >= 0) return (int)count;
            var errno = Errno.Last;
            if (errno == Errno.Interrupted) continue;
            return errno == Errno.TryAgain ? -1 : -1 - errno;
        }
    }

    /// <summary>Ends the sending direction.</summary>
    public void ShutdownSend()
    {
        if (!Loop.IsCurrent)
        {
            Loop.Post(static self => ((EpollConnection)self!).ShutdownSend(), this);
            return;
        }

        if (_descriptor < 0) return;
        _tls?.SayGoodbye();
        _endsWhenSent = _tls is { HasUnsent: true };
        if (!_endsWhenSent) _ = LibC.Shutdown(_descriptor, Constants.ShutdownWrite);
    }

    public override unsafe void Abort(ConnectionAbortedException abortReason)
    {
        if (!Loop.IsCurrent)
        {
            Loop.Post(static state =>
            {
                var (connection, reason) = ((EpollConnection, ConnectionAbortedException))state!;
                connection.Abort(reason);
            }, (this, abortReason));
            return;
        }

        if (_descriptor < 0) return;
        var linger = stackalloc int[2] { 1, 0 };   // close() then resets
        _ = LibC.SetSocketOption(_descriptor, Constants.LevelSocket, Constants.Linger, linger, 2 * sizeof(int));
        Close(abortReason);
    }

    /// <summary>Sends what is written and closes. Waits for a peer that does not read, but no longer than <see cref="ConnectionClose.Limit"/>.</summary>
    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    private ValueTask CloseAsync()
    {
        if (Loop.IsCurrent && (_descriptor < 0 || !HasUnsent))
        {
            CloseInOrder();
            return ValueTask.CompletedTask;
        }

        // Who closes from elsewhere goes on there, not inside the loop.
        var disposed = Volatile.Read(ref _disposed)
            ?? new TaskCompletionSource(Loop.IsCurrent ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        disposed = Interlocked.CompareExchange(ref _disposed, disposed, null) ?? disposed;
        if (Loop.IsCurrent) CloseWhenSent();
        else Loop.Post(static self => ((EpollConnection)self!).DisposeOnLoop(), this);
        return new ValueTask(disposed.Task);
    }

    /// <summary>Nothing is left to be sent: whoever waits for that may close now.</summary>
    internal void OnDrained()
    {
        if (_disposed is not null && !HasUnsent) CloseInOrder();
    }

    private void DisposeOnLoop()
    {
        if (_descriptor < 0 || !HasUnsent) CloseInOrder();
        else CloseWhenSent();
    }

    private void CloseWhenSent()
    {
        _writer?.FlushBeforeClose();
        if (_descriptor < 0 || _closeLimit is not null) return;
        _closeLimit = new CloseLimit(this);
        Loop.Timers.Set(_closeLimit, ConnectionClose.Limit);
    }

    /// <summary>What the peer did not take by now is lost, and a close does not wait for it. On the loop.</summary>
    internal void DropUnsent()
    {
        _writer?.Drop();
        _tls?.DropUnsent();
    }

    /// <summary>What the peer sent and nobody read would make close() a reset, which takes our last reply with it.</summary>
    private void CloseInOrder()
    {
        if (_descriptor >= 0)
        {
            _tls?.SayGoodbye();
            for (var i = 0; i < 4 && !_isReadToEnd && ReceiveRaw(Loop.Scratch, out _) > 0; i++)
            {
                if (i == 0 && !PeerEnded) _ = LibC.Shutdown(_descriptor, Constants.ShutdownWrite);
            }
        }

        Close(null);
        _disposed?.TrySetResult();
    }

    /// <summary>What those are told who read from a connection that we have closed.</summary>
    internal static ConnectionAbortedException OwnClose() => new("The connection is closed.");

    private void Close(ConnectionAbortedException? reason)
    {
        if (_descriptor < 0) return;
        Loop.Close(_descriptor);
        _descriptor = -1;
        if (_closeLimit is not null) Loop.Timers.Clear(_closeLimit);
        CloseTls();
        _relay?.OnClosed(this, reason ?? OwnClose());
        _reader?.OnClosed(reason);
        _writer?.OnClosed();
        _disposed?.TrySetResult();
        _closed?.Cancel();
    }

    private sealed class CloseLimit(EpollConnection connection) : LoopTimer
    {
        public override void Fire() => connection.Abort(ConnectionClose.TooSlow());
    }
}
