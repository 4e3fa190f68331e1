using System.Diagnostics.CodeAnalysis;
using Prometheus;

namespace MailProxy.Passdb;

/// <summary>
/// Work that takes a thread for long: so much of it at once, on threads of their own, so that neither event loops nor the
/// thread pool wait for it; the rest queues, up to a bound.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Work may outlive its passdb, and a semaphore without a wait handle holds nothing.")]
internal sealed class BoundedWork
{
    /// <summary>At 30 ms for a hash the last one of the queue waits for 8 s, which clients bear.</summary>
    private const int HashesWaiting = 256;

    private readonly SemaphoreSlim _places;
    private readonly int _mostWaiting;
    private readonly string _what;
    private readonly Gauge? _gauge;
    private int _waiting;

    /// <param name="what">What there is too much of, for the message.</param>
    /// <param name="atOnce">How many run at once.</param>
    /// <param name="mostWaiting">How many wait at most.</param>
    /// <param name="gauge">Shows how many wait.</param>
    public BoundedWork(string what, int atOnce, int mostWaiting, Gauge? gauge = null)
    {
        _what = what;
        _places = new SemaphoreSlim(atOnce);
        _mostWaiting = mostWaiting;
        _gauge = gauge;
    }

    /// <summary>For hashing passwords: a core is left to the sessions.</summary>
    public static BoundedWork ForHashes(IMetricFactory factory)
    {
        var atOnce = Math.Max(1, Environment.ProcessorCount - 1);
        return new BoundedWork("passwords to hash", atOnce, HashesWaiting * atOnce, factory.CreateGauge("mailproxy_password_hashes_waiting", "Passwords that wait for a core to be hashed on."));
    }

    /// <exception cref="PassdbException">Too much is waiting already.</exception>
    public async ValueTask<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (!_places.Wait(TimeSpan.Zero, CancellationToken.None)) await QueueAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task QueueAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > _mostWaiting) throw new PassdbException($"too many {_what}");
            _gauge?.Set(_waiting);
            await _places.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
            _gauge?.Set(_waiting);
        }
    }
}
