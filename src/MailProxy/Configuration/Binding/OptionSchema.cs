namespace MailProxy.Configuration.Binding;

/// <summary>Every option by its key, and every directive by its name: what a configuration may say, as the features that are there have it.</summary>
internal sealed class OptionSchema
{
    /// <param name="sections">What the features have.</param>
    /// <param name="withoutEffect">Directives that are only checked.</param>
    public OptionSchema(IEnumerable<OptionSection> sections, IEnumerable<DirectiveAttribute> withoutEffect)
    {
        var all = sections.ToList();
        Main = ByPath(OptionScope.Main);
        Server = ByPath(OptionScope.Server);
        Upstream = ByPath(OptionScope.Upstream);
        Directives = new DirectiveTable(this, withoutEffect);

        Dictionary<string, OptionProperty> ByPath(OptionScope scope) =>
            all.Where(section => section.Scope == scope).SelectMany(section => section.Properties).ToDictionary(property => property.Path, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The options of the main context and <c>events { }</c>.</summary>
    public IReadOnlyDictionary<string, OptionProperty> Main { get; }

    /// <summary>The options of a server.</summary>
    public IReadOnlyDictionary<string, OptionProperty> Server { get; }

    /// <summary>The options of an <c>upstream</c>.</summary>
    public IReadOnlyDictionary<string, OptionProperty> Upstream { get; }

    /// <summary>The directives of the configuration file.</summary>
    public DirectiveTable Directives { get; }
}
