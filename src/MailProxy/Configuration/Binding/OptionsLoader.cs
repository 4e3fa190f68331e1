namespace MailProxy.Configuration.Binding;

/// <summary>A block's options, with the settings that they come from.</summary>
/// <param name="Options">The options.</param>
/// <param name="Settings">What the block says, or what it inherits.</param>
/// <param name="Own">What the block itself says.</param>
internal sealed record LoadedBlock<T>(T Options, SettingLevel Settings, SettingLevel Own) where T : OptionBlock;

/// <summary>Makes the options: lays what a block says over what <c>mail { }</c> says, then binds once.</summary>
internal sealed class OptionsLoader(OptionSchema schema)
{
    /// <summary>The servers with their settings, in order.</summary>
    public List<LoadedBlock<ServerOptions>> Servers { get; } = [];

    /// <summary>The groups with their settings, in order.</summary>
    public List<LoadedBlock<UpstreamGroupOptions>> Groups { get; } = [];

    public MailProxyOptions Load(Settings settings)
    {
        var options = new MailProxyOptions();
        Bind(schema.Main, options, settings.Main);
        foreach (var level in settings.Upstreams.Values) Groups.Add(Load(new UpstreamGroupOptions { Source = level.Where }, schema.Upstream, level, settings.Mail));
        foreach (var level in settings.Servers.Values) Servers.Add(Load(new ServerOptions { Source = level.Where }, schema.Server, level, settings.Mail));
        options.Upstreams = [.. Groups.Select(group => group.Options)];
        options.Servers = [.. Servers.Select(server => server.Options)];
        return options;
    }

    private static LoadedBlock<T> Load<T>(T options, IReadOnlyDictionary<string, OptionProperty> known, SettingLevel level, SettingLevel mail) where T : OptionBlock
    {
        var effective = new SettingLevel(level.Where);
        foreach (var option in known.Values) effective[option.Path] = level[option.Path] ?? (option.IsInheritable ? mail[option.Path] : null);
        Bind(known, options, effective);
        return new LoadedBlock<T>(options, effective, level);
    }

    private static void Bind(IReadOnlyDictionary<string, OptionProperty> known, OptionBlock block, SettingLevel level)
    {
        foreach (var option in known.Values)
        {
            if (level[option.Path] is { } setting) option.Bind(block, setting);
        }
    }
}
