namespace MailProxy.Upstreams.Selectors;

/// <summary><c>least_conn</c>: the fewest sessions for its weight; those that are equal take turns.</summary>
internal sealed class LeastConnectionsSelector : IUpstreamSelector
{
    private readonly List<UpstreamPeer> _least = [];

    public UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable, ReadOnlySpan<byte> key)
    {
        _least.Clear();
        foreach (var peer in usable)
        {
            var order = _least.Count == 0 ? 0 : Compare(peer, _least[0]);
            if (order < 0) _least.Clear();
            if (order <= 0) _least.Add(peer);
        }

        return _least.Count == 1 ? _least[0] : RoundRobinSelector.Select(_least);
    }

    /// <summary>Below zero where the first has fewer sessions for its weight.</summary>
    public static int Compare(UpstreamPeer first, UpstreamPeer second) =>
        ((long)first.Sessions * second.Options.Weight).CompareTo((long)second.Sessions * first.Options.Weight);
}
