using System.Net;

namespace MailProxy.Protocols;

/// <summary>The protocols that there are.</summary>
/// <param name="protocols">All of them. The first is whatever nothing else is said of.</param>
internal sealed class MailProtocols(IEnumerable<MailProtocol> protocols)
{
    public IReadOnlyList<MailProtocol> All { get; } = [.. protocols];

    /// <summary>The protocol of this name.</summary>
    public MailProtocol? Find(string name) => All.FirstOrDefault(protocol => protocol.Name == name);

    /// <summary>The protocol whose well-known port an address has.</summary>
    public MailProtocol? OfPort(EndPoint? address) => address is IPEndPoint ip ? All.FirstOrDefault(protocol => protocol.Ports.Contains(ip.Port)) : null;
}
