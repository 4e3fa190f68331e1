using System.Globalization;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Listening;

/// <summary><c>listen</c>: an address that may stand for several, and parameters that hold for each of them.</summary>
internal static class ListenDirective
{
    private const string Backlog = "backlog=";
    private const string Rcvbuf = "rcvbuf=";
    private const string Sndbuf = "sndbuf=";
    private const string Ipv6Only = "ipv6only=";
    private const string SoKeepalive = "so_keepalive=";

    /// <summary>The ports that tell the protocol of a server that does not name it.</summary>
    private static readonly Dictionary<int, string> WellKnownPorts = new()
    {
        [143] = "imap",
        [993] = "imap",
        [110] = "pop3",
        [995] = "pop3",
        [25] = "smtp",
        [465] = "smtp",
        [587] = "smtp",
    };

    public static void Apply(DirectiveCall call)
    {
        var parameters = new SettingItem(call.Report.Where);
        var addresses = ReadAddress(call.Arguments[0], call.Context.Lookup, call.Report);
        foreach (var word in call.Arguments.Skip(1))
        {
            if (ReadParameter(word, parameters) is { } error) call.Report.Error(error);
        }

        if (call.Report.HasFailed) return;
        call.Setting.AddEach(nameof(MailListenOptions.Address), addresses, parameters);
    }

    /// <summary>The addresses that one stands for; none, with an error, where it is wrong.</summary>
    public static List<string> ReadAddress(string word, HostLookup lookup, Report report)
    {
        var addresses = new List<string>();
        if (NetAddress.ReadListen(word, lookup, addresses) is not { } reason) return addresses;
        report.Error($"{reason} in \"{word}\" of the \"listen\" directive");
        return [];
    }

    /// <summary>The protocol whose well-known port this address has.</summary>
    public static string? ProtocolOf(string address) =>
        !NetAddress.IsUnix(address) && int.TryParse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? WellKnownPorts.GetValueOrDefault(port)
            : null;

    private static string? ReadParameter(string word, SettingItem item)
    {
        switch (word)
        {
            case "ssl":
                item[nameof(MailListenOptions.Ssl)] = "true";
                return null;
            case "proxy_protocol":
                item[nameof(MailListenOptions.ProxyProtocol)] = "true";
                return null;
            case "bind":
                return Bind(item);
            case "multipath":
                item[nameof(MailListenOptions.Multipath)] = "true";
                return Bind(item);
        }

        if (Value(word, Backlog) is { } backlog) return ReadBacklog(word, backlog, item);
        if (Value(word, Rcvbuf) is { } rcvbuf) return ReadSize(word, "rcvbuf", rcvbuf, nameof(MailListenOptions.Rcvbuf), item);
        if (Value(word, Sndbuf) is { } sndbuf) return ReadSize(word, "sndbuf", sndbuf, nameof(MailListenOptions.Sndbuf), item);
        if (Value(word, Ipv6Only) is { } ipv6Only && ipv6Only.StartsWith('o')) return ReadIpv6Only(ipv6Only, item);
        if (Value(word, SoKeepalive) is { } keepalive) return ReadKeepalive(keepalive, item);
        return $"invalid parameter \"{word}\"";
    }

    private static string? ReadBacklog(string word, string value, SettingItem item)
    {
        if (DirectiveValue.ParseNumber(value) is not > 0) return $"invalid backlog \"{word}\"";
        item[nameof(MailListenOptions.Backlog)] = value;
        return Bind(item);
    }

    private static string? ReadSize(string word, string name, string value, string property, SettingItem item)
    {
        if (DirectiveValue.ParseSize(value) is not { } size) return $"invalid {name} \"{word}\"";
        item[property] = Text(size);
        return Bind(item);
    }

    private static string? ReadIpv6Only(string value, SettingItem item)
    {
        if (value is not ("on" or "off")) return $"invalid ipv6only flags \"{value}\"";
        item[nameof(MailListenOptions.Ipv6Only)] = value;
        return Bind(item);
    }

    /// <summary><c>on</c>, <c>off</c>, or <c>[idle]:[interval]:[count]</c> with at least one of the three.</summary>
    private static string? ReadKeepalive(string value, SettingItem item)
    {
        var isOn = value != "off";
        if (value is not ("on" or "off"))
        {
            var parts = value.Split(':');
            var (idle, interval, count) = (Seconds(parts, 0), Seconds(parts, 1), Count(parts));
            if (parts.Length > 3 || idle is null || interval is null || count is null || idle + interval + count == 0) return $"invalid so_keepalive value: \"{value}\"";
            SetIfAny(nameof(MailListenOptions.KeepaliveIdle), idle.Value, item);
            SetIfAny(nameof(MailListenOptions.KeepaliveInterval), interval.Value, item);
            SetIfAny(nameof(MailListenOptions.KeepaliveCount), count.Value, item);
        }

        item[nameof(MailListenOptions.SoKeepalive)] = isOn ? "true" : "false";
        return Bind(item);
    }

    private static long? Seconds(string[] parts, int index)
    {
        if (parts.Length <= index || parts[index].Length == 0) return 0;
        return NginxTime.TryParse(parts[index], inSeconds: true, out var time) && time.TotalSeconds <= int.MaxValue ? (long)time.TotalSeconds : null;
    }

    private static long? Count(string[] parts) => parts.Length <= 2 || parts[2].Length == 0 ? 0 : DirectiveValue.ParseNumber(parts[2]);

    private static void SetIfAny(string property, long value, SettingItem item)
    {
        if (value > 0) item[property] = Text(value);
    }

    /// <summary>Such a parameter implies a socket of its own.</summary>
    private static string? Bind(SettingItem item)
    {
        item[nameof(MailListenOptions.Bind)] = "true";
        return null;
    }

    private static string? Value(string word, string name) => word.StartsWith(name, StringComparison.Ordinal) ? word[name.Length..] : null;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
