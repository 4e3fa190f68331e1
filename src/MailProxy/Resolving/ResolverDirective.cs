using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Resolving;

/// <summary><c>resolver</c>: name servers among parameters, or <c>off</c>.</summary>
internal static class ResolverDirective
{
    private const int DnsPort = 53;
    private const string Valid = "valid=";
    private const string Ipv4 = "ipv4=";
    private const string Ipv6 = "ipv6=";

    /// <summary>Sets all that belongs to it, so that nothing of an outer <c>resolver</c> is inherited beside it.</summary>
    public static void Apply(DirectiveCall call)
    {
        var servers = new List<string>();
        var (valid, ipv4, ipv6) = ("", true, true);
        if (call.Arguments[0] != "off")
        {
            foreach (var word in call.Arguments)
            {
                var isKnown = true;
                if (word.StartsWith(Valid, StringComparison.Ordinal)) isKnown = TryReadTime(word[Valid.Length..], out valid);
                else if (word.StartsWith(Ipv4, StringComparison.Ordinal)) isKnown = TryReadFlag(word[Ipv4.Length..], out ipv4);
                else if (word.StartsWith(Ipv6, StringComparison.Ordinal)) isKnown = TryReadFlag(word[Ipv6.Length..], out ipv6);
                else ReadServer(word, call.Context.Lookup, call.Report, servers);
                if (!isKnown) call.Report.Error($"invalid parameter: {word}");
            }

            if (!ipv4 && !ipv6) call.Report.Error("\"ipv4\" and \"ipv6\" cannot both be \"off\"");
            if (servers.Count == 0 && !call.Report.HasFailed) call.Report.Error("no name servers defined");
        }

        var setting = call.Setting;
        foreach (var server in servers) setting.Add(call.Report.Where, server);
        call.Set("Resolver:Valid", valid);
        call.Set("Resolver:Ipv4", ipv4 ? "true" : "false");
        call.Set("Resolver:Ipv6", ipv6 ? "true" : "false");
    }

    /// <summary>Reads the address of a name server.</summary>
    public static void ReadServer(string word, HostLookup lookup, Report report, List<string> servers)
    {
        if (NetAddress.ReadPeer(word, DnsPort, lookup, servers) is { } reason) report.Error($"{reason} in resolver \"{word}\"");
    }

    private static bool TryReadTime(string text, out string canonical)
    {
        var isTime = NginxTime.TryParse(text, inSeconds: true, out var time);
        canonical = time.ToString("c");
        return isTime;
    }

    private static bool TryReadFlag(string text, out bool flag)
    {
        flag = text == "on";
        return flag || text == "off";
    }
}
