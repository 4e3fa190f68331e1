namespace MailProxy.Upstreams.Selectors;

/// <summary>Chooses among the servers of a group. Called by one thread at a time.</summary>
internal interface IUpstreamSelector
{
    /// <param name="usable">The servers that a new session may go to; at least one.</param>
    /// <param name="key">The session's key, for methods that hash one.</param>
    UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable, ReadOnlySpan<byte> key);
}
