using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Tls;

/// <summary>The words of <c>ssl_session_cache</c>.</summary>
internal static class SessionCacheDirective
{
    public static string? Read(string word, LoadContext context, Report report)
    {
        if (word is "off" or "none" or "builtin" || (Rest(word, "builtin:") is { Length: > 0 } count && DirectiveValue.ParseNumber(count) is not null)) return word;

        var zone = Rest(word, "shared:")?.Split(':', 2);
        if (zone is not [{ Length: > 0 }, var text] || DirectiveValue.ParseSize(text) is not { } size)
        {
            report.Error($"invalid session cache \"{word}\"");
            return null;
        }

        if (size < ZoneDirective.LeastSize)
        {
            report.Error($"session cache \"{word}\" is too small");
            return null;
        }

        if (context.ZoneSizes.TryAdd(zone[0], size) || context.ZoneSizes[zone[0]] == size) return word;
        report.Error($"the size {size} of shared memory zone \"{zone[0]}\" conflicts with already declared size {context.ZoneSizes[zone[0]]}");
        return null;
    }

    private static string? Rest(string word, string start) => word.StartsWith(start, StringComparison.Ordinal) ? word[start.Length..] : null;
}
