using System.Net;
using System.Net.Sockets;

namespace MailProxy.Connections;

/// <summary>The peers whose PROXY header names the client (<c>set_real_ip_from</c>).</summary>
internal sealed class TrustedPeers
{
    private readonly IPNetwork[] _networks;
    private readonly bool _unix;

    /// <param name="peers">Addresses, <c>address/bits</c>, or <c>unix:</c>.</param>
    /// <exception cref="FormatException">One of them is none of these.</exception>
    public TrustedPeers(IEnumerable<string> peers)
    {
        var list = peers.ToList();
        _unix = list.Remove("unix:");
        _networks = [.. list.Select(Parse)];
    }

    public bool Contains(EndPoint peer)
    {
        if (peer is not IPEndPoint ip) return _unix;
        var address = ip.Address.IsIPv4MappedToIPv6 ? ip.Address.MapToIPv4() : ip.Address;
        return Array.Exists(_networks, network => network.Contains(address));
    }

    private static IPNetwork Parse(string text)
    {
        if (text.Contains('/', StringComparison.Ordinal)) return IPNetwork.Parse(text);
        var address = IPAddress.Parse(text);
        return new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }
}
