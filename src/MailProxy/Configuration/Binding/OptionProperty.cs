using System.Collections;
using System.Reflection;

namespace MailProxy.Configuration.Binding;

/// <summary>One option: a property, where it stands among the configuration keys, and the directives that set it.</summary>
internal sealed class OptionProperty
{
    private readonly PropertyInfo _property;
    private readonly Func<OptionBlock, object> _owner;

    /// <param name="path">Its key below <c>Mail</c>, below a server or below an <c>upstream</c>.</param>
    /// <param name="property">The property.</param>
    /// <param name="owner">From the block to the object that has the property.</param>
    public OptionProperty(string path, PropertyInfo property, Func<OptionBlock, object> owner)
    {
        Path = path;
        Directives = [.. property.GetCustomAttributes<DirectiveAttribute>()];
        IsList = property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == typeof(IList<>);
        _property = property;
        _owner = owner;
    }

    public string Path { get; }

    public Type Type => _property.PropertyType;

    /// <summary>Every directive that sets it; the first is the one that its key is read as.</summary>
    public IReadOnlyList<DirectiveAttribute> Directives { get; }

    /// <summary>The directive whose value it is; null where it comes with another option's.</summary>
    public DirectiveAttribute? Directive => Directives.Count > 0 ? Directives[0] : null;

    public bool IsList { get; }

    /// <summary>Whether servers inherit it from <c>mail { }</c>.</summary>
    public bool IsInheritable => Directive?.Contexts.HasFlag(DirectiveContexts.Mail) ?? Path.Contains(':');

    /// <summary>Its value in these options.</summary>
    public object? Get(OptionBlock block) => _property.GetValue(_owner(block));

    /// <summary>Reads the text of its key, where no directive does.</summary>
    public bool TryReadKey(string text, LoadContext context, Report report, out object? value) => OptionText.TryRead(_property, text, context, report, key: null, out value);

    /// <summary>Sets it. A list is replaced, never appended to.</summary>
    public void Bind(OptionBlock block, Setting setting)
    {
        if (IsList) _property.SetValue(_owner(block), List(setting));
        else if (setting.Value is not null || !setting.HasFailed) _property.SetValue(_owner(block), setting.Value);
    }

    private IList List(Setting setting)
    {
        var list = Directive!.Grammar.CreateList();
        foreach (var item in setting.Items) list.Add(item.Value);
        return list;
    }
}
