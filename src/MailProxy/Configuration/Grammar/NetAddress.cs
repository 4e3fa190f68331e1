using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>nginx's notation of addresses, as in <c>listen</c>, <c>resolver</c> and <c>syslog:server=</c>.</summary>
internal static class NetAddress
{
    public const string UnixPrefix = "unix:";

    /// <summary>The length of sockaddr_un's path without its final NUL.</summary>
    private const int LongestUnixPath = 107;

    private static readonly SearchValues<char> Ipv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Reads an address of something to connect to: <c>host[:port]</c>, <c>[v6][:port]</c>.</summary>
    /// <returns>Null, or nginx's words for what is wrong.</returns>
    public static string? ReadPeer(string text, int defaultPort, HostLookup lookup, List<EndPoint> addresses)
    {
        var (host, port, reason) = Split(text, isListen: false);
        if (reason is not null) return reason;
        var ports = new PortRange(defaultPort, defaultPort);
        return (port is null ? null : ReadPorts(port, allowsRange: false, out ports)) ?? Resolve(host, ports, lookup, addresses);
    }

    /// <summary>Reads where an upstream is: <c>host[:port]</c>, <c>[v6][:port]</c>, <c>unix:/path</c>. No name is looked up.</summary>
    /// <returns>Null, or nginx's words for what is wrong.</returns>
    public static string? ReadUpstream(string text, out UpstreamAddress address)
    {
        address = new UpstreamAddress(text, null);
        if (IsUnix(text)) return ReadUnix(text, []);
        var (host, port, reason) = Split(text, isListen: false);
        if (reason is not null) return reason;
        PortRange ports = default;
        if (port is not null && ReadPorts(port, allowsRange: false, out ports) is { } badPort) return badPort;
        if (host is "" or "[]") return "no host";
        if (host[0] == '[')
        {
            if (!TryParseIpv6(host[1..^1], out var literal)) return "invalid IPv6 address";
            host = literal.ToString();
        }
        else if (TryParseIpv4(host, out var literal))
        {
            host = literal.ToString();
        }

        address = new UpstreamAddress(host, port is null ? null : ports.First);
        return null;
    }

    /// <summary>What is wrong with an address of an upstream, which is no URL here as in <c>http { }</c>.</summary>
    public static string UpstreamError(string reason, string text)
    {
        var error = $"{reason} in upstream \"{text}\"";
        var end = text.IndexOf("://", StringComparison.Ordinal);
        if (end < 0) return error;
        var secure = text[..end] is "imaps" or "pop3s" or "smtps" or "https" ? ", and \"proxy_ssl on\" for TLS" : "";
        return $"{error}: it takes no scheme, write \"{text[(end + 3)..].TrimEnd('/')}\"{secure}";
    }

    /// <summary>Reads an address to listen on: besides <c>ReadPeer</c>'s, a port or a range of ports alone, and <c>*</c>.</summary>
    /// <returns>Null, or nginx's words for what is wrong.</returns>
    public static string? ReadListen(string text, HostLookup lookup, List<EndPoint> addresses)
    {
        if (IsUnix(text)) return ReadUnix(text, addresses);
        if (IsPortOnly(text))
        {
            if (ReadPorts(text, allowsRange: true, out var alone) is { } wrong) return wrong;
            Add(IPAddress.Any, alone, addresses);
            return null;
        }

        var (host, port, reason) = Split(text, isListen: true);
        if (reason is not null) return reason;
        PortRange ports = default;
        if (port is not null && ReadPorts(port, allowsRange: true, out ports) is { } badPort) return badPort;
        if (Resolve(host == "*" ? "0.0.0.0" : host, ports, lookup, addresses) is { } badHost) return badHost;
        // nginx would bind a random port, which nobody means.
        return port is null ? "no port" : null;
    }

    /// <summary>Whether it is the notation of a unix socket.</summary>
    public static bool IsUnix(string text) => text.StartsWith(UnixPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>An address as nginx prints it: <c>127.0.0.1:143</c>, <c>[::1]:143</c> or <c>unix:/path</c>.</summary>
    public static string ToText(EndPoint address) => address is UnixDomainSocketEndPoint ? UnixPrefix + address : address.ToString()!;

    /// <summary>Reads <c>unix:/path</c>.</summary>
    public static string? ReadUnix(string text, List<EndPoint> addresses)
    {
        var path = text[UnixPrefix.Length..];
        if (path.Length == 0) return "no path in the unix domain socket";
        if (Encoding.UTF8.GetByteCount(path) > LongestUnixPath) return "too long path in the unix domain socket";
        addresses.Add(new UnixDomainSocketEndPoint(path));
        return null;
    }

    /// <summary>Four decimal numbers; .NET alone would also take <c>127.1</c> and hexadecimal ones.</summary>
    public static bool TryParseIpv4(string text, out IPAddress address)
    {
        var octets = text.Split('.');
        address = IPAddress.Any;
        return octets.Length == 4 && octets.All(octet => octet.Length is > 0 and <= 3 && octet.All(char.IsAsciiDigit) && int.Parse(octet, CultureInfo.InvariantCulture) <= 255)
            && IPAddress.TryParse(string.Join('.', octets.Select(octet => int.Parse(octet, CultureInfo.InvariantCulture))), out address!);
    }

    /// <summary>An IPv6 address without brackets or scope.</summary>
    public static bool TryParseIpv6(string text, out IPAddress address)
    {
        address = IPAddress.IPv6Any;
        return text.Contains(':') && !text.AsSpan().ContainsAnyExcept(Ipv6Characters)
            && IPAddress.TryParse(text, out address!) && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    private static (string Host, string? Port, string? Reason) Split(string text, bool isListen)
    {
        if (text.StartsWith('[')) return SplitBracketed(text);
        if (text.AsSpan().ContainsAny('/', '?') || (!isListen && IsUnix(text))) return ("", null, "invalid host");
        var colon = text.IndexOf(':');
        return colon < 0 ? (text, null, null) : (text[..colon], text[(colon + 1)..], null);
    }

    private static (string Host, string? Port, string? Reason) SplitBracketed(string text)
    {
        var end = text.IndexOf(']');
        if (end < 0 || text.AsSpan(end).ContainsAny('/', '?')) return ("", null, "invalid host");
        var rest = text[(end + 1)..];
        if (rest.Length > 0 && rest[0] != ':') return ("", null, "invalid host");
        return (text[..(end + 1)], rest.Length == 0 ? null : rest[1..], null);
    }

    private static bool IsPortOnly(string text)
    {
        var dash = text.IndexOf('-');
        return dash < 0 ? IsNumber(text) : IsNumber(text[..dash]) && IsNumber(text[(dash + 1)..]);
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);

    private static string? ReadPorts(string text, bool allowsRange, out PortRange ports)
    {
        var dash = allowsRange ? text.IndexOf('-') : -1;
        var first = ReadPort(dash < 0 ? text : text[..dash]);
        var last = dash < 0 ? first : ReadPort(text[(dash + 1)..]);
        ports = new PortRange(first, last);
        if (first == 0 || last == 0) return "invalid port";
        return first > last ? "invalid port range" : null;
    }

    private static int ReadPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? port : 0;

    private static string? Resolve(string host, PortRange ports, HostLookup lookup, List<EndPoint> addresses)
    {
        if (host.Length == 0 || host == "[]") return "no host";
        if (host[0] == '[')
        {
            if (!TryParseIpv6(host[1..^1], out var literal)) return "invalid IPv6 address";
            Add(literal, ports, addresses);
            return null;
        }

        var found = TryParseIpv4(host, out var ipv4) ? [ipv4] : lookup(host);
        foreach (var address in found) Add(address, ports, addresses);
        return found.Count == 0 ? "host not found" : null;
    }

    private static void Add(IPAddress address, PortRange ports, List<EndPoint> addresses)
    {
        for (var port = ports.First; port <= ports.Last; port++) addresses.Add(new IPEndPoint(address, port));
    }

    private readonly record struct PortRange(int First, int Last);
}
