using System.Globalization;
using MailProxy.Configuration.Grammar;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Health;
using MailProxy.UserDirectory.Stores;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Configuration.Binding;

/// <summary>Reads the options that stand below <c>Mail</c> in <c>appsettings.json</c> and the environment.</summary>
internal sealed class OverlayReader(LoadContext context, List<ConfigurationMessage> messages)
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
            if (section.Key.Equals(Servers, StringComparison.OrdinalIgnoreCase)) ReadBlocks(section, _settings.Servers, OptionSchema.Server);
            else if (section.Key.Equals(Upstreams, StringComparison.OrdinalIgnoreCase)) ReadBlocks(section, _settings.Upstreams, OptionSchema.Upstream);
            else if (OptionSchema.Main.TryGetValue(section.Key, out var option)) ReadOption(section, option, _settings.Main);
            else ReadSection(section, "", _settings.Mail, OptionSchema.Server, isBlock: false);
        }

        UserDirective.CheckKeys(_settings.Main, context, messages);
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
        var setting = new Setting(section.Path);
        level[option.Path] = setting;
        var before = messages.Count(IsError);
        if (option.IsList) ReadItems(section, option, setting);
        else if (!section.GetChildren().Any()) setting.Value = ReadTexts(section, option, section.Value ?? "").FirstOrDefault();
        else Unknown(section.GetChildren().First());
        setting.HasFailed = messages.Count(IsError) > before;
    }

    private void ReadItems(IConfigurationSection section, OptionProperty option, Setting setting)
    {
        if (option.Directive?.Kind == DirectiveKind.AuthHttp && !string.IsNullOrEmpty(section.Value))
        {
            // One is the rule: a text will do.
            foreach (var text in ReadTexts(section, option, section.Value)) setting.Add(section.Path, text);
            return;
        }

        // An empty list is an empty text.
        if (!string.IsNullOrEmpty(section.Value)) Error("a list is needed", section.Path);
        foreach (var child in section.GetChildren())
        {
            if (!int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)) Unknown(child);
            else if (option.ItemNames.Any()) ReadItem(child, option, setting);
            else if (child.GetChildren().FirstOrDefault() is { } below) Unknown(below);
            else foreach (var text in ReadTexts(child, option, child.Value ?? "")) setting.Add(child.Path, text);
        }
    }

    private List<string> ReadTexts(IConfigurationSection section, OptionProperty option, string text)
    {
        var values = new List<string>();
        var report = new Report(messages, section.Path);
        if (text.Contains('\0')) report.Error("invalid value");
        else if (HealthCheckDirective.Find(option.Path) is { } parameter) parameter.ReadKey(text, report, values);
        else if (option.Directive is null) values.Add(text);
        else DirectiveValue.ReadKey(option.Directive, text, context, report, values);
        return values;
    }

    private void ReadItem(IConfigurationSection section, OptionProperty option, Setting setting)
    {
        var item = new SettingItem(section.Path);
        RefuseValue(section);
        if (section.Value is not null) return;
        foreach (var child in section.GetChildren())
        {
            if (child.GetChildren().FirstOrDefault() is { } below) Unknown(below);
            var name = option.ItemNames.FirstOrDefault(known => known.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (name is null) Unknown(child);
            else item[name] = child.Value ?? "";
        }

        var report = new Report(messages, section.Path);
        switch (option.Directive?.Kind)
        {
            case DirectiveKind.Listen:
                setting.AddEach(nameof(MailListenOptions.Address), ListenDirective.ReadAddress(item.GetValueOrDefault(nameof(MailListenOptions.Address), ""), context.Lookup, report), item);
                break;
            case DirectiveKind.UpstreamServer:
                UpstreamServerDirective.AddKeys(setting, item, context.Lookup, report);
                break;
            case DirectiveKind.Passdb:
                PassdbDirective.Add(setting, item, context, report);
                break;
            case DirectiveKind.ErrorLog:
                if (ErrorLogDirective.ReadTarget(item.GetValueOrDefault(nameof(ErrorLogOptions.Target), ""), context, report) is not { } target) break;
                item[nameof(ErrorLogOptions.Target)] = target;
                setting.Items.Add(item);
                break;
            case DirectiveKind.AccessLog:
                AccessLogDirective.Add(setting, item, context, report);
                break;
            case DirectiveKind.LogFormat:
                LogFormatDirective.Add(setting, item, [item.GetValueOrDefault(nameof(LogFormatOptions.Format), "")], report);
                break;
            default:
                if (option.Path == ConfCommandPath.Option && item.TryGetValue("Name", out var command) && item.TryGetValue("Value", out var value)) item["Value"] = ConfCommandPath.Read(command, value, context);
                if (item.Values.All(DirectiveValue.IsOneLine)) setting.Items.Add(item);
                else report.Error("a value has a line end");
                break;
        }
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
