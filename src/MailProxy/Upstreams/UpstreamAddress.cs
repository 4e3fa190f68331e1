using System.Globalization;
using System.Net;

namespace MailProxy.Upstreams;

/// <summary>Where a session is to go, as <c>proxy_pass</c>, <c>Auth-Server</c> or a user of the directory names it.</summary>
/// <param name="Host">An address without brackets, a host name, the name of an <c>upstream</c> group, or <c>unix:/path</c>.</param>
/// <param name="Port">Null where none is said, which only a group's name or a unix socket may leave out.</param>
public sealed record UpstreamAddress(string Host, int? Port)
{
    /// <summary>The address where <see cref="Host"/> is one; null for a name.</summary>
    public IPEndPoint? Literal { get; } = Port is { } port && IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, port) : null;

    /// <summary>As it is written in messages.</summary>
    public override string ToString() => (Host.Contains(':') && !Host.StartsWith("unix:", StringComparison.Ordinal) ? $"[{Host}]" : Host)
        + (Port is { } port ? ":" + port.ToString(CultureInfo.InvariantCulture) : "");
}
