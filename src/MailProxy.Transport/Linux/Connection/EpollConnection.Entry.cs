using System.Threading.Tasks.Sources;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux.Accept;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>The wait for a client, before the connection has a descriptor. A connection that we make waits for its server by the same source.</summary>
internal sealed partial class EpollConnection : IConnectionEntryFeature, ILoopFeature, IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _entry;
    private ParkedConnections? _parkedIn;

    /// <summary>Where it waits; null for a connection that we make.</summary>
    public ParkedConnections? ParkedIn { init => _parkedIn = value; }

    /// <inheritdoc/>
    public ValueTask<bool> EnterAsync() => new(this, _entry.Version);

    /// <summary>A client has come, or none will. On the loop.</summary>
    public void Enter(bool hasClient)
    {
        _parkedIn = null;
        _entry.SetResult(hasClient);
    }

    /// <inheritdoc/>
    public ValueTask ReturnAsync() => Loop.IsCurrent ? ValueTask.CompletedTask : new ValueTask(new LoopReturn(Loop), 0);

    /// <summary>Who has waited is done: otherwise the source would keep the whole of the login alive as long as the session.</summary>
    internal void ForgetWait() => _entry.Reset();

    bool IValueTaskSource<bool>.GetResult(short token) => _entry.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _entry.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _entry.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
        // Only now: a client that came before somebody waits would be served on the thread that is about to wait.
        if (_parkedIn is not null) Loop.Post(static self => ((EpollConnection)self!).Park(), this);
    }

    private void Park() => _parkedIn!.Add(this);
}
