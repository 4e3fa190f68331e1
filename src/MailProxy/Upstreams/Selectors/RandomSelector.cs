namespace MailProxy.Upstreams.Selectors;

/// <summary><c>random</c>: by chance, by weight; with <c>two</c> the one of two that has fewer sessions for its weight.</summary>
/// <param name="two">Whether two are drawn.</param>
/// <param name="random">The chance.</param>
internal sealed class RandomSelector(bool two, Random random) : IUpstreamSelector
{
    public UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable, ReadOnlySpan<byte> key)
    {
        var first = Draw(usable, without: null);
        if (!two || usable.Count == 1) return first;
        var second = Draw(usable, first);
        return LeastConnectionsSelector.Compare(second, first) < 0 ? second : first;
    }

    private UpstreamPeer Draw(IReadOnlyList<UpstreamPeer> usable, UpstreamPeer? without)
    {
        var total = 0;
        foreach (var peer in usable) total += peer == without ? 0 : peer.Options.Weight;
        var at = random.Next(total);
        foreach (var peer in usable)
        {
            if (peer == without) continue;
            at -= peer.Options.Weight;
            if (at < 0) return peer;
        }

        return usable[0];
    }
}
