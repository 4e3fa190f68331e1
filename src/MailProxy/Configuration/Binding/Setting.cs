namespace MailProxy.Configuration.Binding;

/// <summary>What one source says about one option: a value, or the items of a list, each of the option's type.</summary>
/// <param name="where">Where it says so, for messages: <c>FILE:LINE</c> or a configuration key.</param>
internal sealed class Setting(string where)
{
    public string Where => where;

    /// <summary>The value of a scalar.</summary>
    public object? Value { get; init; }

    /// <summary>The items of a list.</summary>
    public List<SettingItem> Items { get; } = [];

    /// <summary>Whether the source has it wrong, so that nothing must be concluded from what is missing.</summary>
    public bool HasFailed { get; set; }
}

/// <summary>One item of a list.</summary>
/// <param name="Where">Where it stands.</param>
/// <param name="Value">The item.</param>
/// <param name="IsFirst">Whether it is the first that its directive stands for, where that stands for several.</param>
internal sealed record SettingItem(string Where, object Value, bool IsFirst);

/// <summary>The settings of one block, by the path of their option: <c>Proxy:Timeout</c>.</summary>
/// <param name="where">Where the block stands.</param>
internal sealed class SettingLevel(string where)
{
    private readonly Dictionary<string, Setting> _settings = new(StringComparer.OrdinalIgnoreCase);

    public string Where => where;

    /// <summary>The directives that the block has had, for those that may stand in it once.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, Setting>> All => _settings;

    public Setting? this[string path]
    {
        get => _settings.GetValueOrDefault(path);
        set
        {
            if (value is not null) _settings[path] = value;
        }
    }

    /// <summary>The items of a list; none where nothing is said.</summary>
    public IEnumerable<(T Value, SettingItem Item)> Items<T>(string path) => (this[path]?.Items ?? []).Select(item => ((T)item.Value, item));

    /// <summary>Whether something is said, and wrong.</summary>
    public bool HasFailed(string path) => this[path] is { HasFailed: true };

    public Setting GetOrAdd(string path, string settingWhere)
    {
        if (!_settings.TryGetValue(path, out var setting)) _settings[path] = setting = new Setting(settingWhere);
        return setting;
    }

    public void Overlay(SettingLevel winner)
    {
        foreach (var (path, setting) in winner._settings) _settings[path] = setting;
    }
}

/// <summary>Everything that one source says.</summary>
internal sealed class Settings
{
    /// <summary>The main context and <c>events { }</c>.</summary>
    public SettingLevel Main { get; } = new("");

    /// <summary><c>mail { }</c>: what servers inherit.</summary>
    public SettingLevel Mail { get; } = new("");

    /// <summary>The servers by number.</summary>
    public SortedDictionary<int, SettingLevel> Servers { get; } = [];

    /// <summary>The <c>upstream</c> groups by number.</summary>
    public SortedDictionary<int, SettingLevel> Upstreams { get; } = [];

    /// <summary>Lets another source win, option by option: of a list, the whole of it.</summary>
    public void Overlay(Settings winner)
    {
        Main.Overlay(winner.Main);
        Mail.Overlay(winner.Mail);
        Overlay(Servers, winner.Servers);
        Overlay(Upstreams, winner.Upstreams);
    }

    private static void Overlay(SortedDictionary<int, SettingLevel> levels, SortedDictionary<int, SettingLevel> winner)
    {
        foreach (var (number, level) in winner)
        {
            if (levels.TryGetValue(number, out var known)) known.Overlay(level);
            else levels[number] = level;
        }
    }
}
