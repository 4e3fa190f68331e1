using System.Collections;
using System.Net;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Resolving;

/// <summary><c>resolver</c>: name servers among parameters, or <c>off</c>.</summary>
internal sealed class ResolverGrammar : ValueGrammar
{
    private const int DnsPort = 53;
    private const string Valid = "valid=";
    private const string Ipv4 = "ipv4=";
    private const string Ipv6 = "ipv6=";

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override bool ReplacesList => true;

    public override string Syntax(ValueAttribute attribute) => "address[:port] ... [valid=time] [ipv4=on|off] [ipv6=on|off] | off";

    public override IList CreateList() => new List<IPEndPoint>();

    /// <summary>Sets all that belongs to it, so that nothing of an outer <c>resolver</c> is inherited beside it.</summary>
    public override void Read(DirectiveCall call)
    {
        var servers = new List<EndPoint>();
        var (valid, ipv4, ipv6) = ((TimeSpan?)null, true, true);
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

        call.Items.Clear();
        foreach (var server in servers) call.Add(server);
        call.Set("Resolver:Valid", valid);
        call.Set("Resolver:Ipv4", ipv4);
        call.Set("Resolver:Ipv6", ipv6);
    }

    public override void ReadKey(DirectiveCall call)
    {
        var servers = new List<EndPoint>();
        ReadServer(call.Arguments[0], call.Context.Lookup, call.Report, servers);
        call.AddAll(servers);
    }

    private static void ReadServer(string word, HostLookup lookup, Report report, List<EndPoint> servers)
    {
        if (NetAddress.ReadPeer(word, DnsPort, lookup, servers) is { } reason) report.Error($"{reason} in resolver \"{word}\"");
    }

    private static bool TryReadTime(string text, out TimeSpan? valid)
    {
        var isTime = NginxTime.TryParse(text, inSeconds: true, out var time);
        valid = time;
        return isTime;
    }

    private static bool TryReadFlag(string text, out bool flag)
    {
        flag = text == "on";
        return flag || text == "off";
    }
}
