using Prometheus;

namespace MailProxy.Connections;

/// <summary>Counts the connections of one configuration against <c>worker_connections</c> times <c>worker_processes</c>: each client is one, so is its question to the auth server, so is its upstream.</summary>
/// <param name="limit">The most that may be open together.</param>
/// <param name="perWorker">The number that log lines name: what the operator wrote.</param>
/// <param name="hits">Counts how often all were in use; null where nobody asks.</param>
internal sealed class WorkerConnections(int limit, int perWorker, ICounter? hits = null)
{
    private int _open;

    /// <summary>How many are in use.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How many there are.</summary>
    public int Limit { get; } = limit;

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
