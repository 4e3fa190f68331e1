using System.Net;
using System.Net.Sockets;

namespace MailProxy.Diagnostics;

/// <summary>Addresses as nginx's log lines print them.</summary>
internal static class EndPointText
{
    /// <summary>Address and port; IPv6 without brackets, as nginx prints upstreams. Unix sockets: <c>unix:</c> and the path.</summary>
    public static string Format(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip => $"{ip.Address}:{ip.Port}",
        UnixDomainSocketEndPoint unix => $"unix:{unix}",
        _ => endpoint.ToString() ?? "",
    };
}
