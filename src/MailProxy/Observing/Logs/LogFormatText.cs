using System.Collections.Frozen;
using MailProxy.Configuration.Binding;

namespace MailProxy.Observing.Logs;

/// <summary>A piece of a log format: a text, or a variable.</summary>
internal readonly record struct LogFormatPart(string Literal, LogVariable? Variable = null);

/// <summary>Reads what <c>log_format</c> says, by nginx's rules.</summary>
internal static class LogFormatText
{
    private static readonly FrozenDictionary<string, LogVariable> Variables = Enum.GetValues<LogVariable>().ToFrozenDictionary(SnakeCase.Of);

    /// <exception cref="FormatException">The message is nginx's.</exception>
    public static IReadOnlyList<LogFormatPart> Parse(string text)
    {
        var parts = new List<LogFormatPart>();
        var rest = text.AsSpan();
        while (rest.IndexOf('$') is >= 0 and var dollar)
        {
            if (dollar > 0) parts.Add(new LogFormatPart(rest[..dollar].ToString()));
            rest = rest[dollar..];
            parts.Add(new LogFormatPart("", ReadVariable(rest, out var length)));
            rest = rest[length..];
        }

        if (!rest.IsEmpty) parts.Add(new LogFormatPart(rest.ToString()));
        return parts;
    }

    /// <summary>The same format in one text: what stood in several words must not run together.</summary>
    public static string Join(IEnumerable<LogFormatPart> parts) =>
        string.Concat(parts.Select(part => part.Variable is { } variable ? $"${{{SnakeCase.Of(variable)}}}" : part.Literal));

    private static LogVariable ReadVariable(ReadOnlySpan<char> text, out int length)
    {
        var start = text.StartsWith("${") ? 2 : 1;
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_')) end++;
        var name = text[start..end].ToString();
        if (start == 2 && (end == text.Length || text[end] != '}') && end > start) throw new FormatException($"the closing bracket in \"{name}\" variable is missing");
        if (name.Length == 0) throw new FormatException($"invalid parameter \"{text}\"");
        length = start == 2 ? end + 1 : end;
        return Variables.TryGetValue(name, out var variable) ? variable : throw new FormatException($"unknown \"{name}\" variable");
    }
}
