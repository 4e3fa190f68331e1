using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Configuration.Binding;

/// <summary>Reads the options that stand below <c>Mail</c> in <c>appsettings.json</c> and the environment.</summary>
internal sealed class OverlayReader(OptionSchema schema, LoadContext context, List<ConfigurationMessage> messages)
{
    /// <summary>The section that holds every option.</summary>
    public const string Root = "Mail";

    /// <summary>The section of the servers, below the root.</summary>
    public const string Servers = "Servers";

    /// <summary>The section of the <c>upstream</c> groups, below the root.</summary>
    public const string Upstreams = "Upstreams";

    private readonly Settings _settings = new();

    /// <summary>Reads the section; what is wrong is reported with its key.</summary>
    public Settings Read(IConfiguration configuration)
    {
        // In a login shell, MAIL is the user's mailbox.
        if (configuration[Root]?.StartsWith('/') != true) RefuseValue(configuration.GetSection(Root));
        foreach (var section in configuration.GetSection(Root).GetChildren())
        {
            if (section.Key.Equals(Servers, StringComparison.OrdinalIgnoreCase)) ReadBlocks(section, _settings.Servers, schema.Server);
            else if (section.Key.Equals(Upstreams, StringComparison.OrdinalIgnoreCase)) ReadBlocks(section, _settings.Upstreams, schema.Upstream);
            else if (schema.Main.TryGetValue(section.Key, out var option)) ReadOption(section, option, _settings.Main);
            else ReadSection(section, "", _settings.Mail, schema.Server, isBlock: false);
        }

        return _settings;
    }

    private void ReadBlocks(IConfigurationSection blocks, SortedDictionary<int, SettingLevel> levels, IReadOnlyDictionary<string, OptionProperty> schema)
    {
        RefuseValue(blocks);
        foreach (var section in blocks.GetChildren())
        {
            if (!int.TryParse(section.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                Unknown(section);
                continue;
            }

            if (!levels.TryGetValue(number, out var level)) levels[number] = level = new SettingLevel(section.Path);
            RefuseValue(section);
            foreach (var child in section.GetChildren()) ReadSection(child, "", level, schema, isBlock: true);
        }
    }

    private void ReadSection(IConfigurationSection section, string prefix, SettingLevel level, IReadOnlyDictionary<string, OptionProperty> schema, bool isBlock)
    {
        var path = prefix + section.Key;
        if (schema.TryGetValue(path, out var option))
        {
            if (isBlock || option.IsInheritable) ReadOption(section, option, level);
            else Error($"\"{option.Path}\" is not allowed here", section.Path);
        }
        else if (prefix.Length == 0 && schema.Keys.Any(key => key.StartsWith(path + ":", StringComparison.OrdinalIgnoreCase)))
        {
            RefuseValue(section);
            foreach (var child in section.GetChildren()) ReadSection(child, path + ":", level, schema, isBlock);
        }
        else
        {
            Unknown(section);
        }
    }

    private void ReadOption(IConfigurationSection section, OptionProperty option, SettingLevel level)
    {
        var before = messages.Count(IsError);
        level[option.Path] = new Setting(section.Path);
        if (option.IsList) ReadItems(section, option, level);
        else if (!section.GetChildren().Any()) ReadText(section, option, level);
        else Unknown(section.GetChildren().First());
        level[option.Path]!.HasFailed = messages.Count(IsError) > before;
    }

    private void ReadItems(IConfigurationSection section, OptionProperty option, SettingLevel level)
    {
        var grammar = option.Directive!.Grammar;
        if (grammar.TakesOneText && !string.IsNullOrEmpty(section.Value))
        {
            ReadText(section, option, level);
            return;
        }

        // An empty list is an empty text.
        if (!string.IsNullOrEmpty(section.Value)) Error("a list is needed", section.Path);
        foreach (var child in section.GetChildren())
        {
            if (!int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)) Unknown(child);
            else if (grammar.ItemNames.Count > 0) ReadItem(child, option, level);
            else if (child.GetChildren().FirstOrDefault() is { } below) Unknown(below);
            else ReadText(child, option, level);
        }
    }

    private void ReadText(IConfigurationSection section, OptionProperty option, SettingLevel level)
    {
        var (text, report) = (section.Value ?? "", new Report(messages, section.Path));
        if (text.Contains('\0')) report.Error("invalid value");
        else if (option.Directive is { } directive) directive.Grammar.ReadKey(new DirectiveCall(directive, option, [text], level, context, report));
        else if (option.TryReadKey(text, context, report, out var value)) level[option.Path] = new Setting(section.Path) { Value = value };
    }

    private void ReadItem(IConfigurationSection section, OptionProperty option, SettingLevel level)
    {
        var (item, directive) = (new KeyItem(), option.Directive!);
        RefuseValue(section);
        if (section.Value is not null) return;
        foreach (var child in section.GetChildren())
        {
            if (child.GetChildren().FirstOrDefault() is { } below) Unknown(below);
            var name = directive.Grammar.ItemNames.FirstOrDefault(known => known.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (name is null) Unknown(child);
            else item[name] = child.Value ?? "";
        }

        directive.Grammar.ReadItem(new DirectiveCall(directive, option, [], level, context, new Report(messages, section.Path)), item);
    }

    /// <summary>A value of what only has keys below it would pass unseen.</summary>
    private void RefuseValue(IConfigurationSection section)
    {
        if (section.Value is not null) Error("a value means nothing here, keys below it are needed", section.Path);
    }

    private void Unknown(IConfigurationSection section) => messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, $"unknown configuration key \"{section.Path}\""));

    private void Error(string text, string where) => new Report(messages, where).Error(text);

    private static bool IsError(ConfigurationMessage message) => message.Level == ErrorLogLevel.Emerg;
}
