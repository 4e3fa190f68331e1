using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MailProxy.Configuration;

/// <summary>Where a session is to go, as <c>proxy_pass</c>, <c>Auth-Server</c> or a user of the directory names it.</summary>
/// <param name="Host">An address without brackets, a host name, the name of an <c>upstream</c> group, or <c>unix:/path</c>.</param>
/// <param name="Port">Null where none is said, which only a group's name or a unix socket may leave out.</param>
internal sealed record UpstreamAddress(string Host, int? Port)
{
    private const string UnixPrefix = "unix:";

    /// <summary>The address where <see cref="Host"/> is one; null for a name.</summary>
    public IPEndPoint? Literal { get; } = Port is { } port && IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, port) : null;

    /// <summary>The same of an address of any family; null for a name.</summary>
    public EndPoint? EndPoint => IsUnix ? new UnixDomainSocketEndPoint(Host[UnixPrefix.Length..]) : Literal;

    /// <summary>Whether it is a unix socket.</summary>
    public bool IsUnix => Host.StartsWith(UnixPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The address of a socket.</summary>
    public static UpstreamAddress Of(EndPoint endPoint) =>
        endPoint is IPEndPoint ip ? new UpstreamAddress(ip.Address.ToString(), ip.Port) : new UpstreamAddress(UnixPrefix + endPoint, null);

    /// <summary>As it is written in messages.</summary>
    public override string ToString() => (Host.Contains(':') && !IsUnix ? $"[{Host}]" : Host)
        + (Port is { } port ? ":" + port.ToString(CultureInfo.InvariantCulture) : "");
}
