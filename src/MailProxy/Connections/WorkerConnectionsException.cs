namespace MailProxy.Connections;

/// <summary>All <c>worker_connections</c> are in use: no connection to an auth server or an upstream can be made.</summary>
/// <param name="limit">How many there are.</param>
internal sealed class WorkerConnectionsException(int limit) : Exception($"{limit} worker_connections are not enough")
{
    /// <summary>How many there are.</summary>
    public int Limit { get; } = limit;
}
