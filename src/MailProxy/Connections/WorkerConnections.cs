namespace MailProxy.Connections;

/// <summary>Counts the connections of one configuration against <c>worker_connections</c> times <c>worker_processes</c>: each client is one, so is its question to the auth server, so is its upstream.</summary>
/// <param name="limit">The most that may be open together.</param>
/// <param name="perWorker">The number that log lines name: what the operator wrote.</param>
internal sealed class WorkerConnections(int limit, int perWorker)
{
    private int _open;

    public int PerWorker { get; } = perWorker;

    /// <returns>False where all are in use; nothing is counted then.</returns>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _open) <= limit) return true;
        Return();
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _open);
}
