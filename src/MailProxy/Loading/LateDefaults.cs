using System.Net;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;
using MailProxy.Protocols;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Loading;

/// <summary>Defaults of one option that hang on another, possibly of another feature: what they are is known once all is read.</summary>
internal static class LateDefaults
{
    public static void Apply(OptionsLoader loaded, MailProtocols protocols)
    {
        foreach (var group in loaded.Groups) Apply(group);
        foreach (var server in loaded.Servers) Apply(server.Options, server.Settings, loaded.Groups, protocols);
    }

    private static void Apply(LoadedBlock<UpstreamGroupOptions> group)
    {
        var balancing = group.Options.Balancing;
        if (balancing.HashKey is not null && group.Settings[nameof(BalancingOptions.Method)] is null) balancing.Method = UpstreamMethod.Hash;
        // What it only inherits, the session's server has too, or something better.
        if (!TlsSections.HasUpstreamTls(group.Own)) group.Options.ProxyTls = null;
    }

    private static void Apply(ServerOptions server, SettingLevel settings, List<LoadedBlock<UpstreamGroupOptions>> groups, MailProtocols protocols)
    {
        if (server.ServerName.Length == 0) server.ServerName = Dns.GetHostName().ToLowerInvariant();
        foreach (var listen in server.Listen) listen.Ssl |= server.Tls.Enabled;
        if (settings["Proxy:PassErrorMessage"] is null) server.Proxy.PassErrorMessage = server.Proxy.Pass is not null && server.AuthHttp.Url.Count == 0;
        // Names of groups have no case; from here on they are written alike.
        if (server.Proxy.Pass is { } pass && groups.Find(group => group.Options.Name.Equals(pass.Host, StringComparison.OrdinalIgnoreCase)) is { } named)
            server.Proxy.Pass = new UpstreamAddress(named.Options.Name, pass.Port);
        if (server.Protocol.Length > 0) return;
        var listens = settings.Items<MailListenOptions>(nameof(ListeningOptions.Listen)).Where(listen => listen.Item.IsFirst);
        server.Protocol = listens.Select(listen => protocols.OfPort(listen.Value.Address)).OfType<MailProtocol>().FirstOrDefault()?.Name ?? "";
    }
}
