using System.Net;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Listening;

/// <summary><c>listen</c>: an address that may stand for several, and parameters that hold for each of them.</summary>
internal sealed class ListenGrammar : ItemGrammar<MailListenOptions>
{
    private const string Backlog = "backlog=";
    private const string Rcvbuf = "rcvbuf=";
    private const string Sndbuf = "sndbuf=";
    private const string Ipv6Only = "ipv6only=";
    private const string SoKeepalive = "so_keepalive=";

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override void Read(DirectiveCall call)
    {
        var parameters = new MailListenOptions();
        var addresses = ReadAddress(call.Arguments[0], call.Context.Lookup, call.Report);
        foreach (var word in call.Arguments.Skip(1))
        {
            if (ReadParameter(word, parameters) is { } error) call.Report.Error(error);
        }

        if (!call.Report.HasFailed) Add(call, addresses, parameters);
    }

    public override void ReadItem(DirectiveCall call, KeyItem item)
    {
        var parameters = ItemBinder<MailListenOptions>.Bind(item, call.Context, call.Report);
        Add(call, ReadAddress(item.Text(nameof(MailListenOptions.Address)), call.Context.Lookup, call.Report), parameters);
    }

    private static void Add(DirectiveCall call, List<EndPoint> addresses, MailListenOptions parameters) => call.AddAll(addresses.Select(address => parameters with { Address = address }));

    /// <summary>The addresses that one stands for; none, with an error, where it is wrong.</summary>
    private static List<EndPoint> ReadAddress(string word, HostLookup lookup, Report report)
    {
        var addresses = new List<EndPoint>();
        if (NetAddress.ReadListen(word, lookup, addresses) is not { } reason) return addresses;
        report.Error($"{reason} in \"{word}\" of the \"listen\" directive");
        return [];
    }

    private static string? ReadParameter(string word, MailListenOptions listen)
    {
        switch (word)
        {
            case "ssl":
                listen.Ssl = true;
                return null;
            case "proxy_protocol":
                listen.ProxyProtocol = true;
                return null;
            case "bind":
                return Bind(listen);
            case "multipath":
                listen.Multipath = true;
                return Bind(listen);
        }

        if (Value(word, Backlog) is { } backlog) return ReadBacklog(word, backlog, listen);
        if (Value(word, Rcvbuf) is { } rcvbuf) return ReadSize(word, "rcvbuf", rcvbuf, size => listen.Rcvbuf = size, listen);
        if (Value(word, Sndbuf) is { } sndbuf) return ReadSize(word, "sndbuf", sndbuf, size => listen.Sndbuf = size, listen);
        if (Value(word, Ipv6Only) is { } ipv6Only && ipv6Only.StartsWith('o')) return ReadIpv6Only(ipv6Only, listen);
        if (Value(word, SoKeepalive) is { } keepalive) return ReadKeepalive(keepalive, listen);
        return $"invalid parameter \"{word}\"";
    }

    private static string? ReadBacklog(string word, string value, MailListenOptions listen)
    {
        if (Number.Parse(value) is not { } backlog || backlog == 0) return $"invalid backlog \"{word}\"";
        listen.Backlog = backlog;
        return Bind(listen);
    }

    private static string? ReadSize(string word, string name, string value, Action<int> set, MailListenOptions listen)
    {
        if (Number.ParseSize(value) is not { } size) return $"invalid {name} \"{word}\"";
        set(size);
        return Bind(listen);
    }

    private static string? ReadIpv6Only(string value, MailListenOptions listen)
    {
        if (value is not ("on" or "off")) return $"invalid ipv6only flags \"{value}\"";
        listen.Ipv6Only = value == "on";
        return Bind(listen);
    }

    /// <summary><c>on</c>, <c>off</c>, or <c>[idle]:[interval]:[count]</c> with at least one of the three.</summary>
    private static string? ReadKeepalive(string value, MailListenOptions listen)
    {
        var isOn = value != "off";
        if (value is not ("on" or "off"))
        {
            var parts = value.Split(':');
            var (idle, interval, count) = (Seconds(parts, 0), Seconds(parts, 1), Count(parts));
            if (parts.Length > 3 || idle is null || interval is null || count is null || (idle, interval, count) is (0, 0, 0)) return $"invalid so_keepalive value: \"{value}\"";
            (listen.KeepaliveIdle, listen.KeepaliveInterval, listen.KeepaliveCount) = (NullIfZero(idle.Value), NullIfZero(interval.Value), NullIfZero(count.Value));
        }

        listen.SoKeepalive = isOn;
        return Bind(listen);
    }

    private static int? Seconds(string[] parts, int index)
    {
        if (parts.Length <= index || parts[index].Length == 0) return 0;
        return NginxTime.TryParse(parts[index], inSeconds: true, out var time) && time.TotalSeconds <= int.MaxValue ? (int)time.TotalSeconds : null;
    }

    private static int? Count(string[] parts) => parts.Length <= 2 || parts[2].Length == 0 ? 0 : Number.Parse(parts[2]);

    private static int? NullIfZero(int value) => value == 0 ? null : value;

    /// <summary>Such a parameter implies a socket of its own.</summary>
    private static string? Bind(MailListenOptions listen)
    {
        listen.Bind = true;
        return null;
    }

    private static string? Value(string word, string name) => word.StartsWith(name, StringComparison.Ordinal) ? word[name.Length..] : null;
}
