using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Transport.Linux.Relay;

/// <summary>What one direction of a relay came to.</summary>
internal enum DirectionState
{
    /// <summary>It waits for the source, or for room at the target.</summary>
    Waiting,

    /// <summary>Its turn is over; it wants another.</summary>
    Busy,

    /// <summary>The source has ended, and all of it is delivered.</summary>
    Ended,

    /// <summary>The source's socket failed.</summary>
    SourceFailed,

    /// <summary>The target's socket failed.</summary>
    TargetFailed,
}

/// <summary>
/// One direction of a relay: bytes go through the loop's scratch memory, or through a kernel pipe once there are many.
/// Only what the target does not take is kept, and then nothing more is read: that is the back-pressure.
/// </summary>
internal sealed class RelayDirection(EpollConnection source, EpollConnection target)
{
    // Steps of one turn: as many other sessions wait as there are.
    private const int StepsOfATurn = 4;

    private byte[]? _kept;
    private int _start;
    private int _end;
    private SplicePipe _pipe;
    private int _inPipe;
    // What came behind the bytes in hand, as of Receive; a socket tells its failure only once.
    private int _behind = -1;

    /// <summary>Bytes delivered.</summary>
    public long Bytes { get; private set; }

    /// <summary>The errno of a failure.</summary>
    public int Error { get; private set; }

    public DirectionState State { get; private set; }

    /// <summary>No more than one of the four has come to its end.</summary>
    public bool IsOver => State >= DirectionState.Ended;

    private EventLoop Loop => source.Loop;

    /// <summary>Begins with what the reader had taken from the socket already.</summary>
    public void TakeBuffered()
    {
        _kept = source.Reader.TakeBuffered(out _start, out _end);
        source.DropPipes();
        // An end that the reader has seen is not announced again; what else may come is an event.
        source.IsReadable |= source.PeerEnded || source.IsProtected;
    }

    /// <summary>Has its turn later.</summary>
    public void PutOff()
    {
        if (!IsOver) State = DirectionState.Busy;
    }

    /// <summary>Carries bytes until there is nothing to carry, no room, or the turn is over.</summary>
    /// <returns>Whether any byte was carried.</returns>
    public bool Run()
    {
        if (IsOver) return false;
        var before = Bytes;
        State = DirectionState.Waiting;
        if (DeliverKept() && source.IsReadable) Carry();
        return Bytes != before;
    }

    /// <summary>Gives back what is kept. What is in a pipe is lost with it.</summary>
    public void Release()
    {
        if (_kept is not null) Loop.Blocks.Return(_kept);
        _kept = null;
        if (_inPipe > 0) PipePool.Close(_pipe);
        _inPipe = 0;
    }

    private void Carry()
    {
        for (var step = 0; step < StepsOfATurn && (step == 0 || !Loop.IsLate); step++)
        {
            var count = _behind == -1 ? source.Receive(Loop.Scratch) : _behind;
            if (count == -1)
            {
                if (source.IsReadable) State = DirectionState.Busy;
                return;
            }

            if (count <= 0)
            {
                EndSource(count);
                return;
            }

            ReceiveRest(ref count);
            var sent = Send(Loop.Scratch.AsSpan(0, count), isLast: _behind == 0);
            if (sent < 0) return;
            if (sent < count)
            {
                Keep(Loop.Scratch.AsSpan(sent, count - sent));
                return;
            }

            if (!source.IsReadable) return;
            if (count == Loop.Scratch.Length && !source.IsProtected && !target.IsProtected && Loop.Pipes.TryRent(out var pipe))
            {
                Splice(pipe);
                return;
            }
        }

        State = DirectionState.Busy;
    }

    /// <summary>Looks behind what was read where the source has ended: its last bytes and our end go out together.</summary>
    private void ReceiveRest(ref int count)
    {
        while (source.PeerEnded && source.IsReadable && count < Loop.Scratch.Length)
        {
            var more = source.Receive(Loop.Scratch.AsSpan(count));
            if (more <= 0)
            {
                _behind = more;
                source.IsReadable |= more != -1;   // an end is not announced again
                return;
            }

            count += more;
        }
    }

    /// <summary>A long run: the bytes never come to this process.</summary>
    private void Splice(SplicePipe pipe)
    {
        for (var step = 0; step < StepsOfATurn && (step == 0 || !Loop.IsLate); step++)
        {
            source.IsReadable = false;
            var count = source.Splice(pipe, PipePool.PipeSize, intoPipe: true);
            if (count <= 0)
            {
                Loop.Pipes.Return(pipe);
                if (count != -1) EndSource(count);
                return;
            }

            source.IsReadable = true;              // whether it is dry shows the next time
            (_pipe, _inPipe) = (pipe, count);
            if (!DeliverPipe(returnPipe: false)) return;
        }

        Loop.Pipes.Return(pipe);
        State = DirectionState.Busy;
    }

    private bool DeliverKept()
    {
        if (_inPipe > 0) return DeliverPipe(returnPipe: true);
        if (_kept is null) return true;
        var sent = Send(_kept.AsSpan(_start, _end - _start));
        if (sent < 0) return false;
        _start += sent;
        if (_start < _end) return false;
        Loop.Blocks.Return(_kept);
        _kept = null;
        return true;
    }

    private bool DeliverPipe(bool returnPipe)
    {
        while (_inPipe > 0)
        {
            var count = target.Splice(_pipe, _inPipe, intoPipe: false);
            if (count == -1) return false;
            if (count <= 0)
            {
                Fail(DirectionState.TargetFailed, -1 - count);
                Release();
                return false;
            }

            _inPipe -= count;
            Bytes += count;
        }

        if (returnPipe) Loop.Pipes.Return(_pipe);
        return true;
    }

    private int Send(ReadOnlySpan<byte> bytes, bool isLast = false)
    {
        var sent = target.Send(bytes, isLast);
        if (sent < 0) Fail(DirectionState.TargetFailed, -1 - sent);
        else Bytes += sent;
        return sent;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        source.IsReadable = true;
        _kept = Loop.Blocks.Rent(rest.Length);
        rest.CopyTo(_kept);
        (_start, _end) = (0, rest.Length);
    }

    private void EndSource(int count)
    {
        if (count == 0) State = DirectionState.Ended;
        else Fail(DirectionState.SourceFailed, -1 - count);
    }

    private void Fail(DirectionState state, int errno)
    {
        State = state;
        Error = errno;
    }
}
