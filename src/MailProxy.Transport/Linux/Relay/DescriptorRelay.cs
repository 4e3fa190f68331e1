using System.Threading.Tasks.Sources;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Loop;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Linux.Relay;

/// <summary>
/// Two connections bound together on their loop: events move bytes, and an idle session holds this object, two
/// directions and no buffer. How it ends is the portable relay's way: a side that ends leaves the other direction
/// running while bytes come, except that an upstream's end is the end.
/// </summary>
internal sealed class DescriptorRelay(EpollConnection client, EpollConnection upstream, RelayOptions options)
    : LoopTimer, IResumable, IValueTaskSource<RelayResult>
{
    private readonly RelayDirection _toUpstream = new(client, upstream);
    private readonly RelayDirection _toClient = new(upstream, client);
    private ManualResetValueTaskSourceCore<RelayResult> _source;
    private CancellationTokenRegistration _stop;
    private TimeSpan _limit = options.IdleTimeout;
    private RelayEnd _end;
    private Exception? _error;
    private long _lastActivity;
    private bool _isDraining;
    private bool _isFinished;
    private bool _isQueued;

    private EventLoop Loop => client.Loop;

    public ValueTask<RelayResult> RunAsync(CancellationToken cancellationToken)
    {
        var task = new ValueTask<RelayResult>(this, _source.Version);
        _toUpstream.TakeBuffered();
        _toClient.TakeBuffered();
        Touch();
        Loop.Timers.Set(this, _limit);
        _stop = cancellationToken.UnsafeRegister(static self => ((DescriptorRelay)self!).OnStopped(), this);
        // A token that has fired has ended it by now.
        if (!_isFinished) Turn(toUpstream: true, toClient: true);
        return task;
    }

    public void OnEvents(EpollConnection connection, bool input, bool output)
    {
        var (toUpstream, toClient) = connection == client ? (input, output) : (output, input);
        if (_isQueued || Loop.IsLate) PutOff(toUpstream, toClient);
        else Turn(toUpstream, toClient);
    }

    /// <summary>One of the two was closed from outside.</summary>
    public void OnClosed(EpollConnection connection, ConnectionAbortedException reason)
    {
        if (!_isFinished) GiveUp(connection == client ? RelayEnd.ClientError : RelayEnd.UpstreamError, reason);
    }

    /// <inheritdoc/>
    public override void OnFault(Exception exception)
    {
        client.OnFault(exception);
        upstream.OnFault(exception);
    }

    public void Resume()
    {
        _isQueued = false;
        if (!_isFinished) Turn(_toUpstream.State == DirectionState.Busy, _toClient.State == DirectionState.Busy);
    }

    /// <summary>The idle timer: bytes since it was set put it off.</summary>
    public override void Fire()
    {
        if (_isFinished) return;
        var left = _limit - Loop.Timers.Since(_lastActivity);
        if (left > TimeSpan.Zero) Loop.Timers.Set(this, left);
        else GiveUp(_isDraining ? _end : RelayEnd.TimedOut, _error);
    }

    RelayResult IValueTaskSource<RelayResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<RelayResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<RelayResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    private void Turn(bool toUpstream, bool toClient)
    {
        var moved = toUpstream && _toUpstream.Run();
        moved |= toClient && _toClient.Run();
        if (moved) Touch();
        if (_toClient.IsOver) EndOf(_toClient, RelayEnd.UpstreamClosed, RelayEnd.UpstreamError, RelayEnd.ClientError);
        if (!_isFinished && _toUpstream.IsOver && !_isDraining) EndOf(_toUpstream, RelayEnd.ClientClosed, RelayEnd.ClientError, RelayEnd.UpstreamError);
        if (!_isFinished) ResumeIfBusy();
    }

    /// <summary>What there is now is for its turn in the queue: of heaps of events each would be short, and all of them long.</summary>
    private void PutOff(bool toUpstream, bool toClient)
    {
        if (toUpstream) _toUpstream.PutOff();
        if (toClient) _toClient.PutOff();
        ResumeIfBusy();
    }

    private void ResumeIfBusy()
    {
        if (_isQueued || (_toUpstream.State != DirectionState.Busy && _toClient.State != DirectionState.Busy)) return;
        _isQueued = true;
        Loop.ResumeLater(this);
    }

    private void EndOf(RelayDirection direction, RelayEnd ended, RelayEnd sourceFailed, RelayEnd targetFailed)
    {
        switch (direction.State)
        {
            case DirectionState.Ended when direction == _toClient:
                Finish(ended);
                break;
            case DirectionState.Ended:
                Drain(ended, null);
                upstream.ShutdownSend();
                break;
            case DirectionState.SourceFailed:
                Finish(sourceFailed, (direction == _toClient ? upstream : client).ErrorOf(direction.Error));
                break;
            default:
                if (_toUpstream.IsOver && _toClient.IsOver) Finish(_end, _error);
                else Drain(targetFailed, (direction == _toClient ? client : upstream).ErrorOf(direction.Error));
                break;
        }
    }

    private void Drain(RelayEnd end, Exception? error)
    {
        if (_isDraining) return;
        _isDraining = true;
        (_end, _error) = (end, error);
        _limit = options.DrainTimeout;
        Touch();
        Loop.Timers.Set(this, _limit);
    }

    /// <summary>Over because somebody has waited long enough, or has closed: what a peer did not take by now is waited for no more.</summary>
    private void GiveUp(RelayEnd end, Exception? error = null)
    {
        client.DropUnsent();
        upstream.DropUnsent();
        Finish(end, error);
    }

    private void Finish(RelayEnd end, Exception? error = null)
    {
        _isFinished = true;
        var isSameSide = IsClient(end) == IsClient(_end);
        if (!_isDraining || end == RelayEnd.Stopped || isSameSide) (_end, _error) = (end, error);
        Loop.Timers.Clear(this);
        _stop.Unregister();
        _toUpstream.Release();
        _toClient.Release();
        client.EndRelay();
        upstream.EndRelay();
        _source.SetResult(new RelayResult(_end, _toUpstream.Bytes, _toClient.Bytes, _error));
    }

    private void OnStopped()
    {
        if (Loop.IsCurrent)
        {
            if (!_isFinished) GiveUp(RelayEnd.Stopped);
            return;
        }

        Loop.Post(static self => ((DescriptorRelay)self!).OnStopped(), this);
    }

    private void Touch() => _lastActivity = Loop.Timers.Now;

    private static bool IsClient(RelayEnd end) => end is RelayEnd.ClientClosed or RelayEnd.ClientError;
}
