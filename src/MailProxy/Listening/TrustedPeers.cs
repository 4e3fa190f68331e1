using System.Net;

namespace MailProxy.Listening;

/// <summary>The peers whose PROXY header names the client (<c>set_real_ip_from</c>).</summary>
internal sealed class TrustedPeers
{
    private readonly IPNetwork[] _networks;
    private readonly bool _unix;

    public TrustedPeers(IEnumerable<RealIpSource> sources)
    {
        var list = sources.ToList();
        _unix = list.Contains(RealIpSource.Unix);
        _networks = [.. list.Select(source => source.Network).OfType<IPNetwork>()];
    }

    public bool Contains(EndPoint peer)
    {
        if (peer is not IPEndPoint ip) return _unix;
        var address = ip.Address.IsIPv4MappedToIPv6 ? ip.Address.MapToIPv4() : ip.Address;
        return Array.Exists(_networks, network => network.Contains(address));
    }
}
