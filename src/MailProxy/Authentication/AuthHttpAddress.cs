using System.Net;
using System.Net.Sockets;
using MailProxy.Configuration;
using MailProxy.Diagnostics;

namespace MailProxy.Authentication;

/// <summary>Where an auth server is reached: an <see cref="AuthHttpUrl"/> with its host resolved, once.</summary>
internal sealed class AuthHttpAddress
{
    private AuthHttpAddress(AuthHttpUrl url, EndPoint endPoint)
    {
        Url = url;
        EndPoint = endPoint;
        DisplayName = NginxAddress.WithPort(endPoint);
    }

    public AuthHttpUrl Url { get; }

    public EndPoint EndPoint { get; }

    /// <summary><c>ip:port</c> or <c>unix:/path</c>, as it stands in log lines.</summary>
    public string DisplayName { get; }

    /// <summary>Asks the system resolver, once; only the first address is used, IPv4 before IPv6, as nginx orders them.</summary>
    /// <exception cref="SocketException">The host is not known.</exception>
    public static async ValueTask<AuthHttpAddress> ResolveAsync(AuthHttpUrl url, CancellationToken cancellationToken)
    {
        if (url.UnixPath is { } path) return new AuthHttpAddress(url, new UnixDomainSocketEndPoint(path));
        if (IPAddress.TryParse(url.Host, out var literal)) return new AuthHttpAddress(url, new IPEndPoint(literal, url.Port));

        var addresses = await Dns.GetHostAddressesAsync(url.Host, cancellationToken);
        var first = addresses.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)
            ?? addresses.FirstOrDefault()
            ?? throw new SocketException((int)SocketError.HostNotFound);
        return new AuthHttpAddress(url, new IPEndPoint(first, url.Port));
    }
}
