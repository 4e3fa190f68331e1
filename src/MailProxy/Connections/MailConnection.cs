using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using MailProxy.Observing;
using MailProxy.Wire;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Connections;

/// <summary>
/// A client's connection before login: reads and writes that end when the deadline passes or somebody wakes them,
/// without an exception. Always asks the context for its transport, which TLS replaces.
/// </summary>
internal sealed class MailConnection : IDisposable
{
    private readonly ConnectionContext _context;
    private readonly SessionDeadline _deadline;
    private readonly SessionRecord? _record;
    private volatile bool _expired;
    private volatile bool _isSuspended;

    /// <param name="context">The connection.</param>
    /// <param name="time">The clock of its deadline.</param>
    /// <param name="record">Told how much is sent; null where nobody asks.</param>
    public MailConnection(ConnectionContext context, TimeProvider time, SessionRecord? record = null)
    {
        _context = context;
        _record = record;
        _deadline = new SessionDeadline(time, OnExpired);
    }

    /// <summary>Where replies are written; they leave with <see cref="FlushAsync()"/>.</summary>
    public ReplyWriter Output => new(_context.Transport.Output);

    /// <summary>What the client's socket reported, where it failed.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether the deadline passed.</summary>
    public bool Expired => _expired;

    private PipeReader Input => _context.Transport.Input;

    /// <summary>Reads and writes end <paramref name="after"/> from now.</summary>
    public void Arm(TimeSpan after)
    {
        _expired = false;
        _deadline.Arm(after);
    }

    public void Disarm()
    {
        _deadline.Disarm();
        _expired = false;
    }

    /// <summary>Ends a pending or the next read with <see cref="ReadKind.Woken"/>. Callable from any thread.</summary>
    public void Wake()
    {
        if (!_isSuspended) _context.Transport.Input.CancelPendingRead();
    }

    /// <summary>Until <see cref="Resume"/> nothing ends reads here: a handshake reads in their place.</summary>
    /// <returns>What is left of the deadline.</returns>
    public TimeSpan Suspend()
    {
        _isSuspended = true;
        return _deadline.Disarm();
    }

    /// <summary>Reads and writes end <paramref name="after"/> from now, and may be woken again. Whoever woke them meanwhile is to be asked for.</summary>
    public void Resume(TimeSpan after)
    {
        _isSuspended = false;
        Arm(after);
    }

    /// <summary>Throws away what was read and not yet handled.</summary>
    /// <returns>How many bytes it was.</returns>
    public long DropInput()
    {
        if (!TryRead(out var result)) return 0;
        var dropped = result.Buffer.Length;
        Input.AdvanceTo(result.Buffer.End);
        return dropped;
    }

    /// <summary>Waits for what the client sends. Every command waits here, so nothing is allocated for it; to be awaited at once.</summary>
    public MailReadAwaiter ReadAsync()
    {
        try
        {
            return new MailReadAwaiter(this, Input.ReadAsync());
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            return new MailReadAwaiter(this, ValueTask.FromException<ReadResult>(exception));
        }
    }

    /// <summary>What <see cref="ReadAsync"/> came to.</summary>
    internal MailRead EndRead(ValueTaskAwaiter<ReadResult> read)
    {
        try
        {
            var result = read.GetResult();
            if (_expired) return End(ReadKind.Expired, result);
            if (result.IsCanceled) return End(ReadKind.Woken, result);
            if (result.IsCompleted && result.Buffer.IsEmpty) return End(ReadKind.Closed, result);
            return new MailRead(ReadKind.Data, result);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            Error = exception;
            return new MailRead(ReadKind.Failed, default);
        }
    }

    /// <summary>Gives back what <see cref="ReadAsync"/> lent.</summary>
    public void Advance(SequencePosition consumed, SequencePosition examined) => Input.AdvanceTo(consumed, examined);

    /// <summary>Arms the deadline, then sends what was written.</summary>
    /// <returns>False when nothing more can be said to the client.</returns>
    public ValueTask<bool> FlushAsync(TimeSpan limit)
    {
        Arm(limit);
        return FlushAsync();
    }

    /// <summary>Sends what was written. A client that does not take it before the deadline is cut off.</summary>
    /// <returns>False when nothing more can be said to the client.</returns>
    public async ValueTask<bool> FlushAsync()
    {
        try
        {
            _record?.Sent(_context.Transport.Output.UnflushedBytes);
            var result = await _context.Transport.Output.FlushAsync();
            if (_expired) _context.Abort(new ConnectionAbortedException("The client did not take a reply in time."));
            return !_expired && !result.IsCompleted;
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            Error = exception;
            return false;
        }
    }

    /// <summary>Swallows a wake that came too late for the last read, so that whoever reads next sees only data.</summary>
    public void ForgetWake()
    {
        if (TryRead(out var result)) Input.AdvanceTo(result.Buffer.Start);
    }

    public void Dispose() => _deadline.Dispose();

    // A client that has reset its connection is the next reader's to find: the failure stays in the pipe.
    private bool TryRead(out ReadResult result)
    {
        try
        {
            return Input.TryRead(out result);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            result = default;
            return false;
        }
    }

    private static bool IsFailure(Exception exception) => exception is IOException or ConnectionAbortedException or System.Net.Sockets.SocketException;

    private MailRead End(ReadKind kind, ReadResult result)
    {
        Input.AdvanceTo(result.Buffer.Start);
        return new MailRead(kind, default);
    }

    private void OnExpired()
    {
        _expired = true;
        _context.Transport.Input.CancelPendingRead();
        _context.Transport.Output.CancelPendingFlush();
    }
}

/// <summary>How a read ended.</summary>
internal enum ReadKind
{
    /// <summary>Bytes, to be given back by <see cref="MailConnection.Advance"/>.</summary>
    Data,

    /// <summary>The client ended its side and nothing is left.</summary>
    Closed,

    /// <summary>The deadline passed.</summary>
    Expired,

    /// <summary>Somebody called <see cref="MailConnection.Wake"/>.</summary>
    Woken,

    /// <summary>The socket failed: <see cref="MailConnection.Error"/>.</summary>
    Failed,
}

/// <summary>The outcome of a read.</summary>
internal readonly record struct MailRead(ReadKind Kind, ReadResult Result);
