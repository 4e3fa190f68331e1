using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace MailProxy.Configuration.Binding;

/// <summary>One item of a list, as texts by the names of its properties.</summary>
internal sealed class KeyItem() : Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
{
    /// <summary>The text of a property; empty where nothing is said.</summary>
    public string Text(string name) => TryGetValue(name, out var text) ? text : "";
}

/// <summary>Makes items of their texts.</summary>
/// <typeparam name="T">The item.</typeparam>
internal static class ItemBinder<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>
    where T : class, new()
{
    private static readonly PropertyInfo[] Properties = [.. typeof(T).GetProperties().Where(property => property.CanWrite)];

    /// <summary>The names of the properties.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Properties.Select(property => property.Name)];

    /// <summary>Binds what has a plain type; anything else is its grammar's.</summary>
    public static T Bind(KeyItem item, LoadContext context, Report report)
    {
        var target = new T();
        foreach (var property in Properties.Where(property => OptionText.IsPlain(property.PropertyType)))
        {
            if (item.TryGetValue(property.Name, out var text) && OptionText.TryRead(property, text, context, report, property.Name, out var value)) property.SetValue(target, value);
        }

        return target;
    }
}
