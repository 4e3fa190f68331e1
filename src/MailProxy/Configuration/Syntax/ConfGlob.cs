using System.Buffers;

namespace MailProxy.Configuration.Syntax;

/// <summary>The files that an <c>include</c> names: glob(7) patterns, sorted; none where nothing matches.</summary>
internal static class ConfGlob
{
    private static readonly SearchValues<char> Wildcards = SearchValues.Create("*?[");

    /// <summary>Expands a full path; one without wildcards is given back, whether or not it exists.</summary>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        if (!pattern.AsSpan().ContainsAny(Wildcards)) return [pattern];

        var found = new List<string> { "" };
        var parts = pattern.Split('/');
        for (var i = 1; i < parts.Length; i++)
        {
            var isLast = i == parts.Length - 1;
            found = [.. found.SelectMany(directory => Step(directory, parts[i], isLast))];
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether a name matches one part of a pattern. A leading dot must be written out.</summary>
    public static bool IsMatch(string name, string pattern) =>
        (!name.StartsWith('.') || pattern.StartsWith('.')) && IsMatch(name.AsSpan(), pattern.AsSpan());

    private static IEnumerable<string> Step(string directory, string part, bool isLast)
    {
        if (!part.AsSpan().ContainsAny(Wildcards))
        {
            var path = $"{directory}/{part}";
            return !isLast || Path.Exists(path) ? [path] : [];
        }

        return Names(directory.Length == 0 ? "/" : directory).Where(name => IsMatch(name, part)).Select(name => $"{directory}/{name}");
    }

    private static IEnumerable<string> Names(string directory)
    {
        try
        {
            return [.. new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(entry => entry.Name)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsMatch(ReadOnlySpan<char> name, ReadOnlySpan<char> pattern)
    {
        // Where the last star stands, and where in the name it stopped: a mismatch lets it take one character more.
        var (n, p, star, starName) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, starName) = (p++, n);
            }
            else if (p < pattern.Length && MatchOne(name[n], pattern[p..], out var length))
            {
                (n, p) = (n + 1, p + length);
            }
            else if (star >= 0)
            {
                (p, n) = (star + 1, ++starName);
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    private static bool MatchOne(char character, ReadOnlySpan<char> pattern, out int length)
    {
        length = 1;
        if (pattern[0] == '?') return true;
        if (pattern[0] == '[' && EndOfSet(pattern) is > 0 and var end)
        {
            length = end + 1;
            return IsInSet(character, pattern[1..end]);
        }

        if (pattern[0] != '\\' || pattern.Length < 2) return pattern[0] == character;
        length = 2;
        return pattern[1] == character;
    }

    /// <summary>Where the <c>]</c> of a set stands; one at its very beginning belongs to the set.</summary>
    private static int EndOfSet(ReadOnlySpan<char> pattern)
    {
        var first = pattern.Length > 1 && pattern[1] is '!' or '^' ? 3 : 2;
        var end = pattern.Length > first ? pattern[first..].IndexOf(']') : -1;
        return end < 0 ? -1 : end + first;
    }

    private static bool IsInSet(char character, ReadOnlySpan<char> set)
    {
        var isNegated = set[0] is '!' or '^';
        if (isNegated) set = set[1..];
        var isFound = false;
        for (var i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                isFound |= character >= set[i] && character <= set[i + 2];
                i += 2;
            }
            else
            {
                isFound |= set[i] == character;
            }
        }

        return isFound != isNegated;
    }
}
