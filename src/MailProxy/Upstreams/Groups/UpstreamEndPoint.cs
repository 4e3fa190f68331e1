using System.Net;
using System.Net.Sockets;

namespace MailProxy.Upstreams.Groups;

/// <summary>Addresses of servers, as the configuration's loader writes them.</summary>
internal static class UpstreamEndPoint
{
    private const string UnixScheme = "unix:";

    /// <summary>Reads <c>ip:port</c>, <c>[ip6]:port</c> or <c>unix:/path</c>.</summary>
    public static EndPoint Parse(string address) =>
        address.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase) ? new UnixDomainSocketEndPoint(address[UnixScheme.Length..]) : IPEndPoint.Parse(address);
}
