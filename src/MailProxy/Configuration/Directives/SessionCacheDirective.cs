namespace MailProxy.Configuration.Directives;

/// <summary>The words of <c>ssl_session_cache</c>.</summary>
internal static class SessionCacheDirective
{
    public static string? Read(string word, Report report)
    {
        if (word is "off" or "none" or "builtin" || (Rest(word, "builtin:") is { Length: > 0 } count && DirectiveValue.ParseNumber(count) is not null)) return word;

        var zone = Rest(word, "shared:")?.Split(':', 2);
        if (zone is not [{ Length: > 0 }, var text] || DirectiveValue.ParseSize(text) is not { } size)
        {
            report.Error($"invalid session cache \"{word}\"");
            return null;
        }

        if (size >= ZoneDirective.LeastSize) return word;
        report.Error($"session cache \"{word}\" is too small");
        return null;
    }

    private static string? Rest(string word, string start) => word.StartsWith(start, StringComparison.Ordinal) ? word[start.Length..] : null;
}
