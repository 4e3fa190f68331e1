using MailProxy.Configuration.Binding;

namespace MailProxy.Configuration.Grammar;

/// <summary>A secret: the word itself, or the first line of the file behind <c>file:</c>, which is read with the configuration. No message shows it.</summary>
internal static class SecretValue
{
    private const string FilePrefix = "file:";

    public static string? Read(DirectiveAttribute directive, string word, LoadContext context, Report report)
    {
        var secret = word.StartsWith(FilePrefix, StringComparison.Ordinal) ? ReadFile(context.BesideConf(word[FilePrefix.Length..]), report) : word;
        if (report.HasFailed) return null;
        if (secret.Length > 0 && DirectiveValue.IsOneLine(secret) && secret == secret.Trim()) return secret;
        report.Error($"\"{directive.Name}\" directive invalid value");
        return null;
    }

    private static string ReadFile(string path, Report report)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report.Error($"cannot read \"{path}\": {exception.Message}");
            return "";
        }
    }
}
