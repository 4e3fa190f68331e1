using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A secret: the word itself, or the first line of the file behind <c>file:</c>, which is read with the configuration. No message shows it.</summary>
internal sealed class SecretGrammar : WordGrammar
{
    private const string FilePrefix = "file:";

    public override string Syntax(ValueAttribute attribute) => "word | file:path";

    public override bool TryRead(string text, WordCall call, out object? value)
    {
        value = null;
        if (Read(text, call.Context, call.Report) is not { } secret) return false;
        value = secret;
        return (secret.Length > 0 && TextGrammar.IsOneLine(secret) && secret == secret.Trim()) || call.Fail("invalid value");
    }

    /// <summary>The text itself, or what its file holds, without the end of the line.</summary>
    /// <returns>Null where the file cannot be read.</returns>
    public static string? Read(string text, LoadContext context, Report report)
    {
        if (!text.StartsWith(FilePrefix, StringComparison.Ordinal)) return text;
        var path = context.BesideConf(text[FilePrefix.Length..]);
        try
        {
            return File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report.Error($"cannot read \"{path}\": {exception.Message}");
            return null;
        }
    }
}
