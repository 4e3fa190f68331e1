using System.Globalization;
using System.Net;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>proxy_bind</c>: an address literal, perhaps with a port, or <c>off</c>. nginx's <c>stream</c> knows more, which is refused by name.</summary>
internal static class ProxyBindDirective
{
    public static void Apply(DirectiveCall call)
    {
        var value = Read(call.Arguments[0], call.Report);
        if (call.Arguments.Count > 1)
            call.Report.Error(call.Arguments[1] == "transparent" ? "transparent proxying is not supported" : $"invalid parameter \"{call.Arguments[1]}\"");
        if (value is not null) call.Set(call.Path, value);
    }

    /// <summary>Reads the address; empty text stands for <c>off</c>.</summary>
    public static string? Read(string word, Report report)
    {
        if (word is "off" or "") return "";
        if (Parse(word) is { } local) return local.Port == 0 ? local.Address.ToString() : local.ToString();
        report.Error(word.Contains('$') ? $"invalid address \"{word}\", variables are not supported" : $"invalid address \"{word}\"");
        return null;
    }

    private static IPEndPoint? Parse(string word)
    {
        if (NetAddress.TryParseIpv6(word, out var address)) return new IPEndPoint(address, 0);
        var colon = word.LastIndexOf(':');
        var (host, port) = word.EndsWith(']') || colon < 0 ? (word, 0) : (word[..colon], ReadPort(word[(colon + 1)..]));
        var isAddress = host is ['[', .. var ipv6, ']'] ? NetAddress.TryParseIpv6(ipv6, out address) : NetAddress.TryParseIpv4(host, out address);
        return isAddress && port >= 0 ? new IPEndPoint(address, port) : null;
    }

    private static int ReadPort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? port : -1;
}
