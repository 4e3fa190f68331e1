using System.Globalization;
using System.Reflection;

namespace MailProxy.Configuration.Binding;

/// <summary>The text of a configuration key, for properties that no directive of their own sets.</summary>
internal static class OptionText
{
    // 114 years; more than any timer has.
    private const int LongestHours = 6;

    /// <summary>Reads the text of a property: as its parameter has it, else by its type.</summary>
    /// <param name="property">The property.</param>
    /// <param name="text">The text.</param>
    /// <param name="context">What it is read against.</param>
    /// <param name="report">Takes what is wrong.</param>
    /// <param name="key">The key below the report's place; null where that is the property's own.</param>
    /// <param name="value">The value; null also where it is wrong.</param>
    public static bool TryRead(PropertyInfo property, string text, LoadContext context, Report report, string? key, out object? value)
    {
        if (property.GetCustomAttribute<ParameterAttribute>() is not { Grammar: WordGrammar { IsFlag: false } grammar } parameter)
            return TryParse(property.PropertyType, text, out value) || (key is null ? report : report.At(key)).Fail($"invalid value \"{text}\"");
        // What is wrong is said in the words of parameters.
        return grammar.TryReadKey(text, new WordCall(parameter, property.PropertyType, context, new Report([], "")), out value)
            || report.Fail($"invalid parameter \"{parameter.Name}={text}\"{grammar.KeyHint(text)}");
    }

    /// <summary>Whether texts of this type can be read without a grammar.</summary>
    public static bool IsPlain(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } or { IsPrimitive: true } || type == typeof(string) || (Nullable.GetUnderlyingType(type) ?? type) == typeof(TimeSpan);

    /// <summary><c>true</c> and <c>false</c>, or nginx's words.</summary>
    public static bool? ParseFlag(string text) => text.ToLowerInvariant() switch
    {
        "on" or "true" => true,
        "off" or "false" => false,
        _ => null,
    };

    /// <summary><c>[d.]hh:mm:ss[.fffffff]</c>, without days any number of hours. A bare number would be days to .NET and seconds to nginx, and is refused.</summary>
    public static TimeSpan? ParseTime(string text)
    {
        var colon = text.IndexOf(':');
        if (colon < 0) return null;
        var hours = 0;
        // .NET ends at 23 of them.
        if (colon <= LongestHours && int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out hours)) text = $"00{text[colon..]}";
        if (!TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var time) || time < TimeSpan.Zero) return null;
        return time + TimeSpan.FromHours(hours);
    }

    /// <summary>Reads a text as a value of this type; an empty one stands for null where the type has that.</summary>
    private static bool TryParse(Type type, string text, out object? value)
    {
        value = null;
        var nullable = Nullable.GetUnderlyingType(type);
        if (nullable is not null && text.Length == 0) return true;
        value = Parse(nullable ?? type, text);
        return value is not null;
    }

    private static object? Parse(Type type, string text)
    {
        if (type == typeof(string)) return text;
        if (type == typeof(bool)) return ParseFlag(text);
        if (type == typeof(TimeSpan)) return ParseTime(text);
        if (type == typeof(int)) return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return type.IsEnum && text.All(char.IsAsciiLetter) && Enum.TryParse(type, text, ignoreCase: true, out var named) ? named : null;
    }
}
