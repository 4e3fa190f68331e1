using System.Net;
using MailProxy.Listening;
using MailProxy.Upstreams;

namespace MailProxy.Configuration.Binding;

/// <summary>A server's options, with the settings that they come from.</summary>
/// <param name="Options">The options.</param>
/// <param name="Settings">What the server says, or what it inherits.</param>
internal sealed record LoadedServer(ServerOptions Options, SettingLevel Settings);

/// <summary>An <c>upstream</c> group's options, with the settings that they come from.</summary>
/// <param name="Options">The options.</param>
/// <param name="Settings">What the group says, or what it inherits.</param>
internal sealed record LoadedGroup(UpstreamGroupOptions Options, SettingLevel Settings);

/// <summary>Makes the options: lays what a server says over what <c>mail { }</c> says, then binds once.</summary>
internal sealed class OptionsLoader(List<ConfigurationMessage> messages)
{
    /// <summary>The servers with their settings, in order.</summary>
    public List<LoadedServer> Servers { get; } = [];

    /// <summary>The groups with their settings, in order.</summary>
    public List<LoadedGroup> Groups { get; } = [];

    public MailProxyOptions Load(Settings settings)
    {
        var options = new MailProxyOptions();
        Bind(OptionSchema.Main, options, settings.Main);
        foreach (var level in settings.Upstreams.Values)
        {
            var group = LoadGroup(level, settings.Mail);
            Groups.Add(group);
            options.Upstreams.Add(group.Options);
        }

        foreach (var level in settings.Servers.Values)
        {
            var effective = Inherit(OptionSchema.Server, level, settings.Mail);
            var server = new ServerOptions { Source = level.Where };
            Bind(OptionSchema.Server, server, effective);
            ApplyDefaults(server, effective);
            // Names of groups have no case; from here on they are written alike.
            if (server.Proxy.Pass is { } pass && options.Upstreams.FirstOrDefault(group => group.Name.Equals(pass.Host, StringComparison.OrdinalIgnoreCase)) is { } named)
                server.Proxy.Pass = new UpstreamAddress(named.Name, pass.Port);
            Servers.Add(new LoadedServer(server, effective));
            options.Servers.Add(server);
        }

        return options;
    }

    private LoadedGroup LoadGroup(SettingLevel level, SettingLevel mail)
    {
        var effective = Inherit(OptionSchema.Upstream, level, mail);
        var group = new UpstreamGroupOptions { Source = level.Where };
        Bind(OptionSchema.Upstream, group, effective);
        if (group.HashKey.Length > 0 && effective[nameof(UpstreamGroupOptions.Method)] is null) group.Method = UpstreamMethod.Hash;
        if (!level.All.Any(pair => pair.Key.StartsWith("ProxyTls:", StringComparison.OrdinalIgnoreCase))) group.ProxyTls = null;
        return new LoadedGroup(group, effective);
    }

    private static SettingLevel Inherit(IReadOnlyDictionary<string, OptionProperty> schema, SettingLevel inner, SettingLevel mail)
    {
        var effective = new SettingLevel(inner.Where);
        foreach (var option in schema.Values) effective[option.Path] = inner[option.Path] ?? (option.IsInheritable ? mail[option.Path] : null);
        return effective;
    }

    private void Bind(IReadOnlyDictionary<string, OptionProperty> schema, object root, SettingLevel level)
    {
        foreach (var option in schema.Values)
        {
            if (level[option.Path] is { } setting) option.Bind(root, setting, messages);
        }
    }

    private static void ApplyDefaults(ServerOptions server, SettingLevel settings)
    {
        if (server.ServerName.Length == 0) server.ServerName = Dns.GetHostName().ToLowerInvariant();
        foreach (var listen in server.Listen) listen.Ssl |= server.Tls.Enabled;
        if (settings["Proxy:PassErrorMessage"] is null) server.Proxy.PassErrorMessage = server.Proxy.Pass is not null && server.AuthHttp.Url.Count == 0;
        if (server.Protocol.Length > 0) return;
        var listens = settings[nameof(ServerOptions.Listen)]?.Items.Where(item => item.IsFirst) ?? [];
        server.Protocol = listens.Select(item => ListenDirective.ProtocolOf(item[nameof(MailListenOptions.Address)])).FirstOrDefault(protocol => protocol is not null) ?? "";
    }
}
