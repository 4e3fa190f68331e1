using System.Globalization;
using System.Net;
using MailProxy.Observing.Logs;
using MailProxy.Upstreams;

namespace MailProxy.Configuration.Grammar;

/// <summary>From canonical text to the value of an option.</summary>
internal static class OptionValue
{
    // 114 years; more than any timer has.
    private const int LongestHours = 6;

    /// <summary>Reads a text as a value of this type.</summary>
    /// <param name="type">The property's type.</param>
    /// <param name="text">The text; empty stands for null where the type has it.</param>
    /// <param name="words">The words of an enum in the order of its values, where they are not its names.</param>
    /// <param name="value">The value.</param>
    public static bool TryParse(Type type, string text, string[] words, out object? value)
    {
        value = null;
        if (type == typeof(string))
        {
            value = text;
            return true;
        }

        var nullable = type == typeof(IPEndPoint) || type == typeof(UpstreamAddress) ? type : Nullable.GetUnderlyingType(type);
        if (nullable is not null && text.Length == 0) return true;
        value = ParseValue(nullable ?? type, text, words);
        return value is not null;
    }

    /// <summary>The message about a text that is no such value.</summary>
    public static ConfigurationMessage Invalid(string text, string where) => new(ErrorLogLevel.Emerg, $"invalid value \"{text}\" in {where}");

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

    private static object? ParseValue(Type type, string text, string[] words)
    {
        if (type == typeof(bool)) return ParseFlag(text);
        if (type == typeof(TimeSpan)) return ParseTime(text);
        if (type == typeof(int)) return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(long)) return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(IPEndPoint)) return IPEndPoint.TryParse(text, out var endPoint) ? endPoint : null;
        if (type == typeof(UpstreamAddress)) return NetAddress.ReadUpstream(text, out var upstream) is null ? upstream : null;
        if (!type.IsEnum) return null;

        var index = Array.FindIndex(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (index >= 0) return Enum.ToObject(type, index);
        return words.Length == 0 && text.All(char.IsAsciiLetter) && Enum.TryParse(type, text, ignoreCase: true, out var named) ? named : null;
    }
}
