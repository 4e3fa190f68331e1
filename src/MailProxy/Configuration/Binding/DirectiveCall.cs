namespace MailProxy.Configuration.Binding;

/// <summary>One directive at one place of a file, or one configuration key: what its grammar needs to read it.</summary>
/// <param name="Directive">The directive.</param>
/// <param name="Option">The option that it sets; null where it is only checked.</param>
/// <param name="Arguments">Its arguments; the text of a key.</param>
/// <param name="Level">The block that it stands in.</param>
/// <param name="Context">What values are read against.</param>
/// <param name="Report">Takes what is wrong.</param>
internal sealed record DirectiveCall(DirectiveAttribute Directive, OptionProperty? Option, IReadOnlyList<string> Arguments, SettingLevel Level, LoadContext Context, Report Report)
{
    /// <summary>What a word of it is read for.</summary>
    public WordCall Word => new(Directive, Option?.Type ?? typeof(string), Context, Report);

    /// <summary>Sets the option, replacing what was said before.</summary>
    public void Set(object? value) => Set(Option!.Path, value);

    /// <summary>Sets another option of the block.</summary>
    public void Set(string path, object? value) => Level[path] = new Setting(Report.Where) { Value = value };

    /// <summary>The items of the option so far.</summary>
    public List<SettingItem> Items => Level.GetOrAdd(Option!.Path, Report.Where).Items;

    /// <summary>Adds an item.</summary>
    public void Add(object item) => Items.Add(new SettingItem(Report.Where, item, IsFirst: true));

    /// <summary>Adds what one directive stands for.</summary>
    public void AddAll(IEnumerable<object> items)
    {
        var isFirst = true;
        foreach (var item in items)
        {
            Items.Add(new SettingItem(Report.Where, item, isFirst));
            isFirst = false;
        }
    }
}
