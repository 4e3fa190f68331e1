using System.Threading.Channels;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Transport.Linux.Accept;

/// <summary>
/// Connections that wait for clients, of one loop. Kestrel starts every connection on a thread of the pool; these are
/// started in batches before anybody comes, so that a client wakes no thread but the loop's.
/// </summary>
/// <param name="loop">The loop.</param>
/// <param name="orders">Where new ones are ordered from, one entry each.</param>
internal sealed class ParkedConnections(EventLoop loop, ChannelWriter<ParkedConnections> orders)
{
    private const int Most = 128;
    private const int Batch = 32;

    private readonly Stack<EpollConnection> _waiting = new();
    private int _taken;
    private bool _closed;

    /// <summary>Called when <see cref="IsEmpty"/> has ended. On the loop.</summary>
    public event Action? Available;

    public EventLoop Loop => loop;

    /// <summary>On the loop.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Orders the first ones.</summary>
    public void Fill() => Order(Most);

    /// <summary>A connection for <see cref="Add"/>.</summary>
    public EpollConnection Create() => new(loop) { ParkedIn = this };

    /// <summary>On the loop.</summary>
    public void Add(EpollConnection connection)
    {
        if (_closed)
        {
            connection.Enter(hasClient: false);
            return;
        }

        _waiting.Push(connection);
        if (_waiting.Count == 1) Available?.Invoke();
    }

    /// <summary>On the loop, where there is one.</summary>
    public EpollConnection Take()
    {
        if (++_taken == Batch)
        {
            _taken = 0;
            Order(Batch);
        }

        return _waiting.Pop();
    }

    /// <summary>Nobody will come any more. From any thread.</summary>
    public void Close() => loop.Post(static self => ((ParkedConnections)self!).CloseOnLoop(), this);

    private void CloseOnLoop()
    {
        _closed = true;
        while (_waiting.TryPop(out var connection)) connection.Enter(hasClient: false);
    }

    private void Order(int count)
    {
        for (var i = 0; i < count; i++) orders.TryWrite(this);
    }
}
