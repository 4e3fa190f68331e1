using System.Globalization;

namespace MailProxy.Tls;

/// <summary>Tells whether files have changed since: where their links lead, how long they are, when they were written.</summary>
internal static class FileStamp
{
    /// <summary>Links beyond this many lead in a circle.</summary>
    private const int MostLinks = 40;

    /// <summary>Whether we may read it, which no stamp tells: rights change without a trace in the file.</summary>
    public static bool IsReadable(string file)
    {
        try
        {
            if (Directory.Exists(file)) return true;
            using var handle = File.OpenHandle(file);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static string Of(IEnumerable<string> files) => string.Join('\n', files.Select(Of));

    private static string Of(string file)
    {
        try
        {
            var real = new FileInfo(Follow(Path.GetFullPath(file), 0));
            return string.Create(CultureInfo.InvariantCulture, $"{real.FullName} {real.Length} {real.LastWriteTimeUtc.Ticks}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.GetType().Name;
        }
    }

    /// <summary>Follows the links of directories too: Kubernetes renames <c>..data</c>, which every file of a volume leads through.</summary>
    private static string Follow(string path, int links)
    {
        if (links > MostLinks || Path.GetDirectoryName(path) is not { } directory) return path;
        var real = Path.Combine(Follow(directory, links), Path.GetFileName(path));
        return File.ResolveLinkTarget(real, returnFinalTarget: false) is { } target ? Follow(target.FullName, links + 1) : real;
    }
}
