using Microsoft.AspNetCore.Connections;

namespace MailProxy.Transport.Sockets;

/// <summary>
/// At most so many connections at a time. Where there is one more, the one that has been idle for longest makes room; where
/// none is idle, it waits.
/// </summary>
/// <param name="limit">How many; asked once, at the first connection.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitedConnections(Func<int> limit, TimeProvider time)
{
    // The request of one that was just let in is on its way.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly LinkedList<LimitedConnection> _idle = [];
    private readonly Lazy<int> _limit = new(limit);
    private TaskCompletionSource? _room;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Counts a connection and gives it its <see cref="LimitedConnection"/>, as a feature.</summary>
    internal async ValueTask AddAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var added = new LimitedConnection(this, connection);
        connection.Features.Set(added);
        while (!TryAdd(added, out var victim, out var room, out var wait))
        {
            if (victim is null) await Task.WhenAny(room, Task.Delay(wait, time, cancellationToken));
            victim?.Connection.Abort(new ConnectionAbortedException("There are too many connections, and this one was idle."));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    internal void Busy(LimitedConnection connection)
    {
        lock (_gate)
        {
            if (!connection.IsCounted || connection.Requests++ > 0) return;
            _idle.Remove(connection.Node);
        }
    }

    internal void Idle(LimitedConnection connection)
    {
        lock (_gate)
        {
            if (!connection.IsCounted || --connection.Requests > 0) return;
            AddIdle(connection);
            TellOfRoom();
        }
    }

    internal void Remove(LimitedConnection connection)
    {
        lock (_gate) Forget(connection);
    }

    private bool TryAdd(LimitedConnection added, out LimitedConnection? victim, out Task room, out TimeSpan wait)
    {
        (victim, room, wait) = (null, Task.CompletedTask, Timeout.InfiniteTimeSpan);
        lock (_gate)
        {
            if (Count < _limit.Value)
            {
                Count++;
                added.IsCounted = true;
                AddIdle(added);
                return true;
            }

            if (_idle.First?.Value is { } idle)
            {
                wait = Grace - time.GetElapsedTime(idle.IdleSince);
                if (wait <= TimeSpan.Zero) Forget(victim = idle);
            }

            room = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return false;
        }
    }

    private void AddIdle(LimitedConnection connection)
    {
        connection.IdleSince = time.GetTimestamp();
        _idle.AddLast(connection.Node);
    }

    private void Forget(LimitedConnection connection)
    {
        if (!connection.IsCounted) return;
        connection.IsCounted = false;
        if (connection.Requests == 0) _idle.Remove(connection.Node);
        Count--;
        TellOfRoom();
    }

    private void TellOfRoom()
    {
        _room?.TrySetResult();
        _room = null;
    }
}

/// <summary>One of <see cref="LimitedConnections"/>: idle but for the time between <see cref="Begin"/> and <see cref="End"/>.</summary>
internal sealed class LimitedConnection
{
    private readonly LimitedConnections _all;

    internal LimitedConnection(LimitedConnections all, ConnectionContext connection)
    {
        _all = all;
        Connection = connection;
        Node = new LinkedListNode<LimitedConnection>(this);
    }

    internal ConnectionContext Connection { get; }

    internal LinkedListNode<LimitedConnection> Node { get; }

    internal int Requests { get; set; }

    internal long IdleSince { get; set; }

    internal bool IsCounted { get; set; }

    /// <summary>A request is being answered: until its end the connection is not closed for another one.</summary>
    public void Begin() => _all.Busy(this);

    /// <summary>The request has been answered.</summary>
    public void End() => _all.Idle(this);

    /// <summary>The connection has ended.</summary>
    public void Remove() => _all.Remove(this);
}
