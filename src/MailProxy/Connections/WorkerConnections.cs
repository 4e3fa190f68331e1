using Prometheus;

namespace MailProxy.Connections;

/// <summary>Counts the connections of one configuration against <c>worker_connections</c> times <c>worker_processes</c>: each client is one, so is its question to the auth server, so is its upstream.</summary>
/// <param name="workers">How many workers.</param>
/// <param name="perWorker">How many each may have: the number that log lines name, since the operator wrote it.</param>
/// <param name="hits">Counts how often all were in use; null where nobody asks.</param>
internal sealed class WorkerConnections(int workers, int perWorker, ICounter? hits = null)
{
    private int _open;

    /// <summary>How many are in use.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How many there are.</summary>
    public int Limit { get; } = (int)Math.Min(int.MaxValue, (long)workers * perWorker);

    public int PerWorker { get; } = perWorker;

    /// <returns>False where all are in use; nothing is counted then.</returns>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _open) <= Limit) return true;
        Return();
        hits?.Inc();
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _open);
}
