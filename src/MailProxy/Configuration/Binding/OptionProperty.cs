using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Configuration.Binding;

/// <summary>One option: a property, where it stands among the configuration keys, and the directive that sets it.</summary>
internal sealed class OptionProperty
{
    private readonly PropertyInfo _property;
    private readonly Func<object, object> _owner;
    private readonly OptionList? _list;

    /// <param name="path">Its key below <c>Mail</c> or below a server.</param>
    /// <param name="property">The property.</param>
    /// <param name="owner">From the options of the main context, or of a server, to the object that has the property.</param>
    public OptionProperty(string path, PropertyInfo property, Func<object, object> owner)
    {
        Path = path;
        Directive = property.GetCustomAttribute<DirectiveAttribute>();
        _property = property;
        _owner = owner;
        _list = OptionList.Of(property.PropertyType);
    }

    public string Path { get; }

    public DirectiveAttribute? Directive { get; }

    [MemberNotNullWhen(true, nameof(_list))]
    public bool IsList => _list is not null;

    /// <summary>Whether servers inherit it from <c>mail { }</c>.</summary>
    public bool IsInheritable => Directive?.Contexts.HasFlag(DirectiveContexts.Mail) ?? Path.Contains(':');

    /// <summary>The properties that an item has; empty where items are plain texts.</summary>
    public IEnumerable<string> ItemNames => _list?.Properties.Select(property => property.Name) ?? [];

    /// <summary>Its value in these options.</summary>
    public object? Get(object root) => _property.GetValue(_owner(root));

    /// <summary>Sets it. A list is replaced, never appended to.</summary>
    public void Bind(object root, Setting setting, List<ConfigurationMessage> messages)
    {
        if (IsList)
        {
            _property.SetValue(_owner(root), _list.Bind(setting, messages));
        }
        else if (setting.Value is { } text)
        {
            if (OptionValue.TryParse(_property.PropertyType, text, Directive?.Words ?? [], out var value)) _property.SetValue(_owner(root), value);
            else messages.Add(OptionValue.Invalid(text, setting.Where));
        }
    }
}
