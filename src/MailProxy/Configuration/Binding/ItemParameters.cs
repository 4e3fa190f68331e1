using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace MailProxy.Configuration.Binding;

/// <summary>The parameters of a directive, <c>name=value</c> or <c>name</c> alone, as the properties of <typeparamref name="T"/> have them.</summary>
/// <typeparam name="T">What the directive sets.</typeparam>
internal static class ItemParameters<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>
    where T : class
{
    private static readonly (PropertyInfo Property, ParameterAttribute Attribute, WordGrammar Grammar)[] All =
    [
        .. from property in typeof(T).GetProperties()
           let attribute = property.GetCustomAttribute<ParameterAttribute>()
           where attribute is not null
           select (property, attribute, (WordGrammar)attribute.Grammar),
    ];

    /// <summary>Reads words of a file.</summary>
    /// <returns>The properties that they set, with their values.</returns>
    public static IEnumerable<(PropertyInfo Property, object? Value)> Read(IEnumerable<string> words, LoadContext context, Report report)
    {
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var (name, text) = equals < 0 ? (word, "on") : (word[..equals], word[(equals + 1)..]);
            var (property, attribute, grammar) = Array.Find(All, row => row.Attribute.Name == name && row.Grammar.IsFlag == equals < 0);
            if (property is not null && grammar.TryRead(text, Call(property, attribute, context), out var value)) yield return (property, value);
            else report.Error($"invalid parameter \"{word}\"");
        }
    }

    /// <summary>What is wrong is said here, in the words of parameters.</summary>
    private static WordCall Call(PropertyInfo property, ValueAttribute attribute, LoadContext context) => new(attribute, property.PropertyType, context, new Report([], ""));
}
