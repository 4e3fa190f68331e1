using System.Globalization;
using System.Net;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>proxy_bind</c>: an address literal, perhaps with a port, or <c>off</c>. nginx's <c>stream</c> knows more, which is refused by name.</summary>
internal sealed class ProxyBindGrammar : WordGrammar
{
    public override (int Least, int Most) Arguments => (1, 2);

    public override string Syntax(ValueAttribute attribute) => "address[:port] | off";

    public override void Read(DirectiveCall call)
    {
        var isRead = TryRead(call.Arguments[0], call.Word, out var local);
        if (call.Arguments.Count > 1)
            call.Report.Error(call.Arguments[1] == "transparent" ? "transparent proxying is not supported" : $"invalid parameter \"{call.Arguments[1]}\"");
        if (isRead) call.Set(local);
    }

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = text is "off" or "" ? null : Parse(text);
        return value is not null || text is "off" or ""
            || call.Report.Fail(text.Contains('$') ? $"invalid address \"{text}\", variables are not supported" : $"invalid address \"{text}\"");
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
