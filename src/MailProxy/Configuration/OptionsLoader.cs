using System.Net;
using MailProxy.Configuration.Directives;

namespace MailProxy.Configuration;

/// <summary>A server's options, with the settings that they come from.</summary>
/// <param name="Options">The options.</param>
/// <param name="Settings">What the server says, or what it inherits.</param>
internal sealed record LoadedServer(ServerOptions Options, SettingLevel Settings);

/// <summary>Makes the options: lays what a server says over what <c>mail { }</c> says, then binds once.</summary>
internal sealed class OptionsLoader(List<ConfigurationMessage> messages)
{
    /// <summary>The servers with their settings, in order.</summary>
    public List<LoadedServer> Servers { get; } = [];

    public MailProxyOptions Load(Settings settings)
    {
        var options = new MailProxyOptions();
        Bind(OptionSchema.Main, options, settings.Main);
        foreach (var level in settings.Servers.Values)
        {
            var effective = Inherit(level, settings.Mail);
            var server = new ServerOptions { Source = level.Where };
            Bind(OptionSchema.Server, server, effective);
            ApplyDefaults(server, effective);
            Servers.Add(new LoadedServer(server, effective));
            options.Servers.Add(server);
        }

        return options;
    }

    private static SettingLevel Inherit(SettingLevel server, SettingLevel mail)
    {
        var effective = new SettingLevel(server.Where);
        foreach (var option in OptionSchema.Server.Values) effective[option.Path] = server[option.Path] ?? (option.IsInheritable ? mail[option.Path] : null);
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
        if (server.Protocol.Length > 0) return;
        var listens = settings[nameof(ServerOptions.Listen)]?.Items.Where(item => item.IsFirst) ?? [];
        server.Protocol = listens.Select(item => ListenDirective.ProtocolOf(item[nameof(MailListenOptions.Address)])).FirstOrDefault(protocol => protocol is not null) ?? "";
    }
}
