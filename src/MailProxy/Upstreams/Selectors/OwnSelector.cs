namespace MailProxy.Upstreams.Selectors;

/// <summary>Asks the <see cref="IMailSelector"/> of the program that the proxy is a part of.</summary>
internal sealed class OwnSelector(IMailSelector own) : IUpstreamSelector
{
    private readonly List<MailUpstream> _usable = [];

    public UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable, ReadOnlySpan<byte> key)
    {
        _usable.Clear();
        foreach (var peer in usable) _usable.Add(new MailUpstream(peer));
        var chosen = own.Choose(_usable, key);
        return (uint)chosen < (uint)usable.Count ? usable[chosen] : RoundRobinSelector.Select(usable);
    }
}
