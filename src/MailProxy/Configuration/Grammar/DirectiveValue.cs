using System.Globalization;
using MailProxy.Authentication;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Configuration.Grammar;

/// <summary>Reads one word, of a directive or of a configuration key, into the canonical text of an option.</summary>
internal static class DirectiveValue
{
    /// <summary>Reads a word of the configuration file.</summary>
    /// <param name="directive">What the word belongs to.</param>
    /// <param name="word">The word.</param>
    /// <param name="context">What it is read against.</param>
    /// <param name="report">Takes what is wrong with it, in nginx's words.</param>
    /// <param name="values">Takes what it stands for: one text, but for names with several addresses.</param>
    public static void ReadWord(DirectiveAttribute directive, string word, LoadContext context, Report report, List<string> values)
    {
        switch (directive.Kind)
        {
            case DirectiveKind.Milliseconds or DirectiveKind.Seconds:
                if (NginxTime.TryParse(word, directive.Kind == DirectiveKind.Seconds, out var time)) values.Add(time.ToString("c"));
                else report.Error($"\"{directive.Name}\" directive invalid value");
                break;
            case DirectiveKind.RealIp:
                RealIpDirective.Read(word, context.Lookup, report, values);
                break;
            case DirectiveKind.Resolver:
                ResolverDirective.ReadServer(word, context.Lookup, report, values);
                break;
            default:
                if (ReadOne(directive, word, context, report) is { } value) values.Add(value);
                break;
        }
    }

    /// <summary>Reads the value of a configuration key. Its grammar is the same, but times are <c>hh:mm:ss</c>, and flags may be <c>true</c> and <c>false</c>.</summary>
    public static void ReadKey(DirectiveAttribute directive, string text, LoadContext context, Report report, List<string> values)
    {
        switch (directive.Kind)
        {
            case DirectiveKind.Milliseconds or DirectiveKind.Seconds:
                if (OptionValue.ParseTime(text) is { } time) values.Add(time.ToString("c"));
                else report.Error($"\"{directive.Name}\" directive invalid value, it must be hh:mm:ss");
                break;
            case DirectiveKind.Flag when OptionValue.ParseFlag(text) is not null:
                values.Add(text);
                break;
            default:
                ReadWord(directive, text, context, report, values);
                break;
        }
    }

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
        return ParseNumber(digits) is { } number && number * factor <= int.MaxValue ? (int)(number * factor) : null;
    }

    /// <summary>Digits only.</summary>
    public static long? ParseNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Whether a text may become part of a protocol line.</summary>
    public static bool IsOneLine(string text) => !text.AsSpan().ContainsAny('\r', '\n', '\0');

    private static string? ReadOne(DirectiveAttribute directive, string word, LoadContext context, Report report) => directive.Kind switch
    {
        DirectiveKind.Flag => ReadFlag(directive, word, report),
        DirectiveKind.Number => ReadBounded(directive, ParseNumber(word), word, report),
        DirectiveKind.NumberOrAuto => ReadNumberOrAuto(directive, word, report),
        DirectiveKind.Size => ReadBounded(directive, ParseSize(word), word, report),
        DirectiveKind.Choice or DirectiveKind.Choices => ReadChoice(directive, word, report),
        DirectiveKind.Protocol => ReadProtocol(directive, word, report),
        DirectiveKind.AuthHttp => ReadText(directive, word, report) is null ? null : ReadAuthHttp(word, context.Lookup, report),
        DirectiveKind.ProxyBind => ProxyBindDirective.Read(word, report),
        DirectiveKind.ProxyPass => ProxyPassDirective.Read(word, report),
        DirectiveKind.Hash => UpstreamMethodDirective.ReadHashKey(word, report),
        DirectiveKind.SessionCache => SessionCacheDirective.Read(word, context, report),
        DirectiveKind.Secret => SecretValue.Read(directive, word, context, report),
        DirectiveKind.ConfFile => word.Length == 0 || HasScheme(word) ? word : context.BesideConf(word),
        DirectiveKind.PrefixFile => context.BelowPrefix(word),
        DirectiveKind.Text or DirectiveKind.Words => ReadText(directive, word, report),
        _ => word,
    };

    private static string? ReadFlag(DirectiveAttribute directive, string word, Report report)
    {
        if (word.Equals("on", StringComparison.OrdinalIgnoreCase)) return "true";
        if (word.Equals("off", StringComparison.OrdinalIgnoreCase)) return "false";
        report.Error($"invalid value \"{word}\" in \"{directive.Name}\" directive, it must be \"on\" or \"off\"");
        return null;
    }

    private static string? ReadBounded(DirectiveAttribute directive, long? number, string word, Report report)
    {
        if (number is null) report.Error(directive.Kind == DirectiveKind.Size ? $"\"{directive.Name}\" directive invalid value" : InvalidNumber(directive, word));
        else if (number < directive.Minimum) report.Error($"\"{directive.Name}\" directive value must be equal to or greater than {directive.Minimum}");
        else return number.Value.ToString(CultureInfo.InvariantCulture);
        return null;
    }

    /// <summary>nginx's events module words it in its own way.</summary>
    private static string InvalidNumber(DirectiveAttribute directive, string word) =>
        directive.Contexts == DirectiveContexts.Events ? $"invalid number \"{word}\"" : $"\"{directive.Name}\" directive invalid number";

    private static string? ReadNumberOrAuto(DirectiveAttribute directive, string word, Report report)
    {
        if (word == "auto") return "0";
        if (ParseNumber(word) is > 0) return word;
        report.Error($"\"{directive.Name}\" directive invalid value");
        return null;
    }

    private static string? ReadChoice(DirectiveAttribute directive, string word, Report report)
    {
        var choice = Array.Find(directive.Words, candidate => candidate.Equals(word, StringComparison.OrdinalIgnoreCase));
        if (choice is null) report.Error($"invalid value \"{word}\"");
        return choice;
    }

    private static string? ReadProtocol(DirectiveAttribute directive, string word, Report report)
    {
        if (directive.Words.Contains(word)) return word;
        report.Error($"unknown protocol \"{word}\"");
        return null;
    }

    private static string? ReadAuthHttp(string word, HostLookup lookup, Report report)
    {
        if (word == AuthHttpOptions.Internal) return word;
        try
        {
            var url = AuthHttpUrl.Parse(word);
            var isKnown = url.UnixPath is not null || url.Host.Contains(':') || NetAddress.TryParseIpv4(url.Host, out _) || lookup(url.Host).Count > 0;
            if (isKnown) return word;
            report.Error($"host not found in auth_http \"{AuthHttpUrl.WithoutPlainScheme(word)}\"");
        }
        catch (FormatException exception)
        {
            report.Error($"{exception.Message} in auth_http \"{AuthHttpUrl.WithoutPlainScheme(word)}\"");
        }

        return null;
    }

    private static string? ReadText(DirectiveAttribute directive, string word, Report report)
    {
        if (IsOneLine(word)) return word;
        report.Error($"\"{directive.Name}\" directive invalid value");
        return null;
    }

    private static bool HasScheme(string word) =>
        word.StartsWith("data:", StringComparison.Ordinal) || word.StartsWith("engine:", StringComparison.Ordinal) || word.StartsWith("store:", StringComparison.Ordinal);
}
