namespace MailProxy.Tests.Transport.Linux;

/// <summary>What the process has open. For tests of <see cref="Stress"/>, which have it to themselves.</summary>
internal static class ProcessDescriptors
{
    /// <summary>Each socket, pipe and epoll, by the kernel's name for it; files come and go with what .NET loads.</summary>
    public static IReadOnlyList<string> Open() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(path => new FileInfo(path).LinkTarget).OfType<string>().Where(name => name.Contains(":[", StringComparison.Ordinal)).Order()];

    /// <summary>What is open that was not. What earlier tests left to the finalizers may be closed meanwhile.</summary>
    public static IReadOnlyList<string> OpenBeyond(IReadOnlyList<string> before)
    {
        var beyond = Open().ToList();
        foreach (var name in before) beyond.Remove(name);
        return beyond;
    }
}
