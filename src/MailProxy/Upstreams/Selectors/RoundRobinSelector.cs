namespace MailProxy.Upstreams.Selectors;

/// <summary>nginx's smooth weighted round robin: of weights 5, 1 and 1 it makes a a b a c a a.</summary>
internal sealed class RoundRobinSelector : IUpstreamSelector
{
    public UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable, ReadOnlySpan<byte> key) => Select(usable);

    public static UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable)
    {
        var total = 0;
        UpstreamPeer? best = null;
        foreach (var peer in usable)
        {
            peer.CurrentWeight += peer.EffectiveWeight;
            total += peer.EffectiveWeight;
            if (peer.EffectiveWeight < peer.Options.Weight) peer.EffectiveWeight++;
            if (best is null || peer.CurrentWeight > best.CurrentWeight) best = peer;
        }

        best!.CurrentWeight -= total;
        return best;
    }
}
