namespace MailProxy.Configuration.Grammar;

/// <summary>The grammar of host names: RFC 1123's, and <c>_</c>, which names of groups and of services have.</summary>
internal static class HostName
{
    private const int Longest = 253;
    private const int LongestLabel = 63;

    /// <summary>Labels of letters, digits, <c>-</c> and <c>_</c>, a <c>-</c> never at an end; the last one is not a number, so that no odd way to write an address is taken for a name.</summary>
    public static bool IsValid(string name)
    {
        if (name.EndsWith('.')) name = name[..^1];
        if (name.Length is 0 or > Longest) return false;
        var labels = name.Split('.');
        return labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit);
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LongestLabel && !label.StartsWith('-') && !label.EndsWith('-')
        && label.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}
