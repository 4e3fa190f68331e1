using System.Net;
using System.Net.Sockets;

namespace MailProxy.Observing;

/// <summary>Addresses as nginx prints them.</summary>
internal static class NginxAddress
{
    /// <summary><c>127.0.0.1</c>, <c>::1</c>, <c>::ffff:1.2.3.4</c>; <c>unix:</c> for a client on a unix socket.</summary>
    public static string WithoutPort(EndPoint endPoint) => endPoint is IPEndPoint ip ? ToText(ip.Address) : "unix:";

    /// <summary><c>127.0.0.1:80</c>, <c>[::1]:80</c>, <c>unix:/path</c>.</summary>
    public static string WithPort(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip => $"[{ToText(ip.Address)}]:{ip.Port}",
        IPEndPoint ip => $"{ToText(ip.Address)}:{ip.Port}",
        _ => $"unix:{endPoint}",
    };

    /// <summary>The same without brackets, as nginx prints upstreams.</summary>
    public static string WithPortUnbracketed(EndPoint endPoint) => endPoint is IPEndPoint ip ? $"{ToText(ip.Address)}:{ip.Port}" : $"unix:{endPoint}";

    /// <summary>The address of <c>proxy_bind</c>, with its port where it has one.</summary>
    public static string OfBind(IPEndPoint endPoint) => endPoint.Port == 0 ? ToText(endPoint.Address) : WithPort(endPoint);

    /// <summary>The address without a zone, which nginx does not know.</summary>
    public static string ToText(IPAddress address) => WithoutZone(address).ToString();

    /// <summary>The same address on no particular link, so that equal addresses are equal.</summary>
    public static IPAddress WithoutZone(IPAddress address) =>
        address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } ? new IPAddress(address.GetAddressBytes()) : address;
}
