using System.Globalization;

namespace MailProxy.Configuration.Grammar;

/// <summary>nginx's notation of numbers.</summary>
internal static class Number
{
    /// <summary>Digits with <c>k</c> or <c>m</c>.</summary>
    public static int? ParseSize(string text)
    {
        var unit = text.Length > 0 ? text[^1] : ' ';
        var (digits, factor) = unit switch
        {
            'k' or 'K' => (text[..^1], 1024),
            'm' or 'M' => (text[..^1], 1024 * 1024),
            _ => (text, 1),
        };
        return Parse(digits) is { } number && (long)number * factor <= int.MaxValue ? number * factor : null;
    }

    /// <summary>Digits only.</summary>
    public static int? Parse(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
