using MailProxy.Configuration.Directives;

namespace MailProxy.Configuration.Conf;

/// <summary>A <c>listen</c> in a block that is skipped.</summary>
/// <param name="Block">The block's name.</param>
/// <param name="Address">The address as written.</param>
/// <param name="Where">Where it stands.</param>
internal sealed record SkippedListen(string Block, string Address, string Where)
{
    /// <summary>Every <c>listen</c> of a block, however deep it may be.</summary>
    public static IEnumerable<SkippedListen> FindIn(ConfNode block)
    {
        var waiting = new Stack<ConfNode>([block]);
        while (waiting.TryPop(out var node))
        {
            if (node is { Children: null, Words: ["listen", var address, ..] }) yield return new SkippedListen(block.Name, address, node.Where);
            foreach (var child in node.Children ?? []) waiting.Push(child);
        }
    }

    /// <summary>The addresses that it stands for. Names are not resolved: <c>listen localhost:80</c> is the loopback address.</summary>
    public IReadOnlyList<string> Addresses
    {
        get
        {
            var addresses = new List<string>();
            // Without a port, http listens on 80.
            var reason = NetAddress.ReadListen(Address, LocalNames, addresses);
            if (reason == "no port") NetAddress.ReadPeer(Address == "*" ? "0.0.0.0" : Address, 80, LocalNames, addresses = []);
            return addresses;
        }
    }

    private static IReadOnlyList<System.Net.IPAddress> LocalNames(string name) => name == "localhost" ? [System.Net.IPAddress.Loopback, System.Net.IPAddress.IPv6Loopback] : [];
}
