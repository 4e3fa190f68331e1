using System.Globalization;
using System.Net;
using System.Text;
using MailProxy.Observing;

namespace MailProxy.Authentication;

/// <summary>Expands the few variables that a value of <c>auth_http_header</c> may have; whatever else has a <c>$</c> stays as it is, as under nginx.</summary>
internal static class AuthHttpVariables
{
    public static string Expand(string value, AuthRequest request)
    {
        var dollar = value.IndexOf('$');
        if (dollar < 0) return value;

        var expanded = new StringBuilder(value.Length + 16);
        var rest = value.AsSpan();
        while (dollar >= 0)
        {
            expanded.Append(rest[..dollar]);
            rest = rest[dollar..];
            var length = ReferenceLength(rest, out var name);
            expanded.Append(Lookup(name, request) ?? rest[..length]);
            rest = rest[length..];
            dollar = rest.IndexOf('$');
        }

        return expanded.Append(rest).ToString();
    }

    /// <summary>The length of <c>$name</c> or <c>${name}</c>; 1 for a <c>$</c> that begins neither.</summary>
    private static int ReferenceLength(ReadOnlySpan<char> text, out ReadOnlySpan<char> name)
    {
        var braced = text.Length > 1 && text[1] == '{';
        var start = braced ? 2 : 1;
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')) end++;
        name = text[start..end];
        if (!braced) return end;
        if (end < text.Length && text[end] == '}') return end + 1;
        name = default;
        return 1;
    }

    private static string? Lookup(ReadOnlySpan<char> name, AuthRequest request) => name switch
    {
        "remote_port" => Port(request.Client),
        "server_port" => Port(request.Local),
        "server_addr" => request.Local is IPEndPoint ip ? NginxAddress.ToText(ip.Address) : $"unix:{request.Local}",
        "ssl_server_name" => request.Tls?.ServerName ?? "",
        "connection" => request.ConnectionNumber.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Port(EndPoint endPoint) => endPoint is IPEndPoint ip ? ip.Port.ToString(CultureInfo.InvariantCulture) : "";
}
