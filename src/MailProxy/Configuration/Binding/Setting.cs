namespace MailProxy.Configuration.Binding;

/// <summary>What one source says about one option: a value, or the items of a list, as canonical text. Times are <c>hh:mm:ss</c>.</summary>
/// <param name="where">Where it says so, for messages: <c>FILE:LINE</c> or a configuration key.</param>
internal sealed class Setting(string where)
{
    public string Where => where;

    /// <summary>The value of a scalar.</summary>
    public string? Value { get; set; }

    /// <summary>The items of a list.</summary>
    public List<SettingItem> Items { get; } = [];

    /// <summary>Whether the source has it wrong, so that nothing must be concluded from what is missing.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Adds an item to a list of plain texts.</summary>
    public void Add(string itemWhere, string value) => Items.Add(new SettingItem(itemWhere) { [SettingItem.Text] = value });

    /// <summary>Spreads one item out: one for each of these values of a property, with all else that it has.</summary>
    public void AddEach(string property, IEnumerable<string> values, SettingItem others)
    {
        var isFirst = true;
        foreach (var value in values)
        {
            var item = new SettingItem(others.Where) { IsFirst = isFirst };
            foreach (var (name, other) in others) item[name] = other;
            item[property] = value;
            Items.Add(item);
            isFirst = false;
        }
    }
}

/// <summary>One item of a list: values by the names of its properties, or its text under no name.</summary>
/// <param name="where">Where it stands.</param>
internal sealed class SettingItem(string where) : Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
{
    /// <summary>The name under which a plain text is kept.</summary>
    public const string Text = "";

    public string Where => where;

    /// <summary>Whether it is the first that its directive stands for, where that stands for several.</summary>
    public bool IsFirst { get; init; } = true;
}

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
