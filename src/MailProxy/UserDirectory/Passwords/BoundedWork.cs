using Prometheus;

namespace MailProxy.UserDirectory.Passwords;

/// <summary>
/// Work that takes a thread for long: so much of it at once, on threads of their own, so that neither event loops nor the
/// thread pool wait for it; the rest queues, up to a bound. The first threads are made at the start. Where the machine gives
/// no more later (<c>pids.max</c>, address space), those that are there do the work.
/// </summary>
internal sealed class BoundedWork : IDisposable
{
    /// <summary>At 30 ms for a hash the last one of the queue waits for 8 s, which clients bear.</summary>
    private const int HashesWaiting = 256;

    /// <summary>OpenLDAP with TLS needs a third of it. Address space, not memory, until it is used.</summary>
    private const int StackSize = 1 << 20;

    // Not a Lock: threads wait on it.
    private readonly object _gate = new();
    private readonly LinkedList<Item> _queue = new();
    private readonly string _what;
    private readonly int _atOnce;
    private readonly int _mostWaiting;
    private readonly Gauge? _gauge;
    private int _threads;
    private int _running;
    private bool _isClosed;

    /// <param name="what">What there is too much of, for the message.</param>
    /// <param name="atOnce">How many run at once.</param>
    /// <param name="mostWaiting">How many wait at most.</param>
    /// <param name="gauge">Shows how many wait.</param>
    public BoundedWork(string what, int atOnce, int mostWaiting, Gauge? gauge = null) => (_what, _atOnce, _mostWaiting, _gauge) = (what, atOnce, mostWaiting, gauge);

    /// <summary>For hashing passwords: a core is left to the sessions.</summary>
    public static BoundedWork ForHashes(IMetricFactory factory)
    {
        var atOnce = Math.Max(1, Environment.ProcessorCount - 1);
        return new BoundedWork("passwords to hash", atOnce, HashesWaiting * atOnce, factory.CreateGauge("mailproxy_password_hashes_waiting", "Passwords that wait for a core to be hashed on."));
    }

    /// <summary>Makes threads before there is work. A machine that refuses them is asked again with the work.</summary>
    /// <param name="threads">How many, at most those that run at once; the others are made when they are needed.</param>
    public void Start(int threads = int.MaxValue)
    {
        lock (_gate)
        {
            while (_threads < Math.Min(threads, _atOnce) && TryAddThread())
            {
                // One after the other.
            }
        }
    }

    /// <exception cref="PassdbException">Too much is waiting already, or there is no thread or no memory for it.</exception>
    public async ValueTask<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var item = new Item<T>(work);
        Enqueue(item);
        await using var cancellation = cancellationToken.UnsafeRegister(_ => Cancel(item, cancellationToken), null);
        return await item.Result;
    }

    /// <summary>What waits is still done; then the threads end.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Enqueue(Item item)
    {
        lock (_gate)
        {
            if (_running + _queue.Count >= _atOnce + _mostWaiting) throw new PassdbException($"too many {_what}");
            if (_running + _queue.Count >= _threads && _threads < _atOnce && !_isClosed) TryAddThread();
            if (_threads == 0 || _isClosed) throw new PassdbException($"there is no thread for {_what}");
            item.Node = _queue.AddLast(item);
            ShowWaiting();
            Monitor.Pulse(_gate);
        }
    }

    private void Cancel(Item item, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (item.Node is not { } node) return;               // it runs
            item.Node = null;
            _queue.Remove(node);
            ShowWaiting();
        }

        item.Cancel(cancellationToken);
    }

    private bool TryAddThread()
    {
        try
        {
            new Thread(Work, StackSize) { IsBackground = true, Name = "passdb" }.UnsafeStart();
            _threads++;
            return true;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    private void Work()
    {
        while (Take() is { } item)
        {
            item.Run();
            lock (_gate) _running--;
            item.Answer();
        }
    }

    /// <summary>The next one; null where the thread is to end.</summary>
    private Item? Take()
    {
        lock (_gate)
        {
            while (_queue.First is null && !_isClosed) Monitor.Wait(_gate);
            if (_queue.First is not { Value: var item })
            {
                _threads--;
                return null;
            }

            _queue.RemoveFirst();
            item.Node = null;
            _running++;
            ShowWaiting();
            return item;
        }
    }

    private void ShowWaiting() => _gauge?.Set(Math.Max(0, _running + _queue.Count - _threads));

    private abstract class Item
    {
        /// <summary>Its place in the queue; null once it has left it.</summary>
        public LinkedListNode<Item>? Node { get; set; }

        public abstract void Run();

        public abstract void Answer();

        public abstract void Cancel(CancellationToken cancellationToken);
    }

    private sealed class Item<T>(Func<T> work) : Item
    {
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private T? _value;
        private Exception? _failure;

        public Task<T> Result => _result.Task;

        public override void Run()
        {
            try
            {
                _value = work();
            }
            catch (OutOfMemoryException exception)
            {
                _failure = new PassdbException("there is no memory for it", exception);
            }
            catch (Exception exception)
            {
                _failure = exception;
            }
        }

        public override void Answer()
        {
            if (_failure is null) _result.TrySetResult(_value!);
            else _result.TrySetException(_failure);
        }

        public override void Cancel(CancellationToken cancellationToken) => _result.TrySetCanceled(cancellationToken);
    }
}
