using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace MailProxy.UserDirectory.Endpoint;

/// <summary>Who may ask at <c>/auth</c>: passwords can be tried there.</summary>
internal static class AuthEndpointAccess
{
    private const string KeyHeader = "X-Auth-Key";

    /// <summary>Who sends the key may; where there is none, loopback. Every program of this machine can ask from there, and so can the world through a proxy on it.</summary>
    public static bool IsGranted(HttpContext http, string key) => key.Length > 0 ? HasKey(http, key) : IsLoopback(Peer(http));

    /// <summary>Who asks, for messages.</summary>
    public static string PeerText(HttpContext http) => Peer(http)?.ToString() ?? "an unknown peer";

    /// <summary>The other end of the connection itself, whatever a header says of it.</summary>
    private static IPAddress? Peer(HttpContext http) =>
        http.Features.Get<IConnectionEndPointFeature>() is { } connection ? (connection.RemoteEndPoint as IPEndPoint)?.Address : http.Connection.RemoteIpAddress;

    private static bool IsLoopback(IPAddress? peer) => peer is not null && IPAddress.IsLoopback(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer);

    // Hashes, so that the time tells nothing of the key's length either.
    private static bool HasKey(HttpContext http, string key) => http.Request.Headers[KeyHeader] is [{ } sent]
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.Latin1.GetBytes(sent)), SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
