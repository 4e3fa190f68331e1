using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MailProxy.Authentication;

/// <summary>The value of <c>auth_http</c>, taken apart: <c>[http://|https://]host[:port][/uri]</c>, or <c>unix:/path[:/uri]</c> with or without the scheme.</summary>
/// <param name="Secure">Whether TLS is spoken (<c>https://</c>).</param>
/// <param name="Host">Host name or address without brackets; empty for a unix socket.</param>
/// <param name="Port">The port, by default 80 or 443; 0 for a unix socket.</param>
/// <param name="UnixPath">The socket's path, or null.</param>
/// <param name="RequestUri">What stands in the request line, <c>/</c> by default.</param>
internal sealed record AuthHttpUrl(bool Secure, string Host, int Port, string? UnixPath, string RequestUri)
{
    private const string PlainScheme = "http://";
    private const string SecureScheme = "https://";
    private const string UnixScheme = "unix:";

    /// <summary>The value that asks the built-in endpoint.</summary>
    private const string Internal = "internal";

    /// <summary>As it is written.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Whether it is no URL but <c>internal</c>: the users of <c>passdb</c>.</summary>
    public bool IsInternal => Text == Internal;

    /// <summary>The value of <c>Host</c>: without a port, an IPv6 address in its brackets, <c>localhost</c> for a unix socket.</summary>
    public string HostHeader => UnixPath is not null ? "localhost" : Host.Contains(':') ? $"[{Host}]" : Host;

    /// <summary>Reads the value of <c>auth_http</c>. Pure: nothing is resolved.</summary>
    /// <exception cref="FormatException">It is not of that form; the message is nginx's word for what is wrong.</exception>
    public static AuthHttpUrl Parse(string url)
    {
        var secure = url.StartsWith(SecureScheme, StringComparison.Ordinal);
        var rest = secure ? url[SecureScheme.Length..] : WithoutPlainScheme(url);
        var parsed = rest.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase) ? ParseUnix(secure, rest[UnixScheme.Length..])
            : rest.StartsWith('[') ? ParseBracketed(secure, rest)
            : ParseHost(secure, rest);
        return parsed with { Text = url };
    }

    /// <summary>As nginx quotes it in messages.</summary>
    public override string ToString() => WithoutPlainScheme(Text);

    /// <summary>The URL as nginx quotes it in messages.</summary>
    public static string WithoutPlainScheme(string url) =>
        url.StartsWith(PlainScheme, StringComparison.Ordinal) ? url[PlainScheme.Length..] : url;

    private static AuthHttpUrl ParseUnix(bool secure, string rest)
    {
        var colon = rest.IndexOf(':');
        var path = colon < 0 ? rest : rest[..colon];
        if (path.Length == 0) throw new FormatException("no path in the unix domain socket");
        return new AuthHttpUrl(secure, "", 0, path, colon < 0 ? "/" : OrRoot(rest[(colon + 1)..]));
    }

    private static AuthHttpUrl ParseBracketed(bool secure, string rest)
    {
        var end = rest.IndexOf(']');
        if (end < 0) throw new FormatException("invalid host");
        var (authority, uri) = SplitUri(rest[(end + 1)..]);
        if (authority.Length > 0 && authority[0] != ':') throw new FormatException("invalid host");
        if (end == 1) throw new FormatException("no host");
        if (!IPAddress.TryParse(rest.AsSpan(1, end - 1), out var address) || address.AddressFamily != AddressFamily.InterNetworkV6) throw new FormatException("invalid IPv6 address");
        return new AuthHttpUrl(secure, rest[1..end], authority.Length == 0 ? DefaultPort(secure) : ParsePort(authority[1..]), null, uri);
    }

    private static AuthHttpUrl ParseHost(bool secure, string rest)
    {
        var (authority, uri) = SplitUri(rest);
        var colon = authority.IndexOf(':');
        var host = colon < 0 ? authority : authority[..colon];
        if (host.Length == 0) throw new FormatException("no host");
        return new AuthHttpUrl(secure, host, colon < 0 ? DefaultPort(secure) : ParsePort(authority[(colon + 1)..]), null, uri);
    }

    private static (string Authority, string Uri) SplitUri(string rest)
    {
        var start = rest.AsSpan().IndexOfAny('/', '?');
        return start < 0 ? (rest, "/") : (rest[..start], rest[start..]);
    }

    private static int DefaultPort(bool secure) => secure ? 443 : 80;

    private static int ParsePort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? port
            : throw new FormatException("invalid port");

    private static string OrRoot(string uri) => uri.Length == 0 ? "/" : uri;
}
