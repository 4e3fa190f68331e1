using System.Net;

namespace MailProxy.UserDirectory.Stores;

/// <summary>Dovecot's extra field <c>allow_nets</c>: where a user may come from.</summary>
internal sealed class AllowedNets(IReadOnlyList<IPNetwork> networks)
{
    /// <summary>Reads networks and addresses with commas between; null where there is nothing to read.</summary>
    /// <exception cref="PassdbException">One of them is none.</exception>
    public static AllowedNets? Parse(string? text) => string.IsNullOrEmpty(text) ? null : new([.. text.Split(',').Select(ParseOne)]);

    /// <summary>A client without an address comes over a unix socket, which no network holds.</summary>
    public bool Contains(IPAddress? client)
    {
        if (client is { IsIPv4MappedToIPv6: true }) client = client.MapToIPv4();
        return client is not null && networks.Any(network => network.Contains(client));
    }

    private static IPNetwork ParseOne(string word)
    {
        if (IPNetwork.TryParse(word, out var network)) return network;
        return IPAddress.TryParse(word, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8) : throw new PassdbException("the user's \"allow_nets\" has what is no network");
    }
}
