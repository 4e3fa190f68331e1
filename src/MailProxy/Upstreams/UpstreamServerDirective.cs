using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Upstreams;

/// <summary><c>server</c> of an <c>upstream</c>: an address that may stand for several, and parameters that hold for each of them.</summary>
internal static class UpstreamServerDirective
{
    private static readonly DirectiveParameter[] Parameters =
    [
        new("weight", nameof(UpstreamServerOptions.Weight), DirectiveKind.Number, Minimum: 1),
        new("max_conns", nameof(UpstreamServerOptions.MaxConns), DirectiveKind.Number),
        new("max_fails", nameof(UpstreamServerOptions.MaxFails), DirectiveKind.Number),
        new("fail_timeout", nameof(UpstreamServerOptions.FailTimeout), DirectiveKind.Seconds),
        new("backup", nameof(UpstreamServerOptions.Backup), DirectiveKind.Flag),
        new("down", nameof(UpstreamServerOptions.Down), DirectiveKind.Flag),
        new("drain", nameof(UpstreamServerOptions.Drain), DirectiveKind.Flag),
        new("resolve", nameof(UpstreamServerOptions.Resolve), DirectiveKind.Flag),
    ];

    public static void Apply(DirectiveCall call)
    {
        var item = new SettingItem(call.Report.Where);
        foreach (var (property, value) in DirectiveParameter.Read(call.Arguments.Skip(1), Parameters, call.Report)) item[property] = value;
        Add(call.Setting, call.Arguments[0], item, call.Context.Lookup, call.Report);
    }

    /// <summary>Adds a server whose properties are configuration keys.</summary>
    public static void AddKeys(Setting setting, SettingItem item, HostLookup lookup, Report report)
    {
        foreach (var parameter in Parameters.Where(parameter => parameter.Kind != DirectiveKind.Flag))
        {
            if (item.TryGetValue(parameter.Property, out var text)) parameter.ReadKey(text, report, []);
        }

        Add(setting, item.GetValueOrDefault(nameof(UpstreamServerOptions.Address), ""), item, lookup, report);
    }

    private static void Add(Setting setting, string word, SettingItem item, HostLookup lookup, Report report)
    {
        var addresses = new List<string>();
        var reason = NetAddress.ReadUpstream(word, out var address);
        var isName = address.Literal is null && !NetAddress.IsUnix(word);
        if (!isName) item.Remove(nameof(UpstreamServerOptions.Resolve));
        var isResolved = OptionValue.ParseFlag(item.GetValueOrDefault(nameof(UpstreamServerOptions.Resolve), "")) == true;
        reason ??= isName && address.Port is null ? "no port" : isResolved ? KeepName(address, addresses) : FindAddresses(word, lookup, addresses);
        if (reason is not null) report.Error(NetAddress.UpstreamError(reason, word));
        if (report.HasFailed) return;
        item.TryAdd(nameof(UpstreamServerOptions.Host), NetAddress.IsUnix(word) ? "" : address.Host);
        setting.AddEach(nameof(UpstreamServerOptions.Address), addresses, item);
    }

    private static string? KeepName(UpstreamAddress address, List<string> addresses)
    {
        addresses.Add(address.ToString());
        return HostName.IsValid(address.Host) ? null : "invalid host";
    }

    private static string? FindAddresses(string word, HostLookup lookup, List<string> addresses) =>
        NetAddress.IsUnix(word) ? NetAddress.ReadUnix(word, addresses) : NetAddress.ReadPeer(word, 0, lookup, addresses);
}
