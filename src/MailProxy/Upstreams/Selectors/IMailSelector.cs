namespace MailProxy.Upstreams.Selectors;

/// <summary>
/// Chooses among the servers of each <c>upstream</c> that names no method of its own (<c>least_conn</c>, <c>random</c>, <c>hash</c>).
/// Registered as a singleton: <c>services.AddSingleton&lt;IMailSelector, Mine&gt;()</c>.
/// </summary>
public interface IMailSelector
{
    /// <summary>Chooses one. Called by many threads at once, one for each group; it must not wait for anything.</summary>
    /// <param name="usable">The servers that a new session may go to; at least one. Valid during the call.</param>
    /// <param name="login">The login, as bytes.</param>
    /// <returns>An index into <paramref name="usable"/>. Any other number leaves the choice to the proxy, which takes them in turn.</returns>
    int Choose(IReadOnlyList<MailUpstream> usable, ReadOnlySpan<byte> login);
}
