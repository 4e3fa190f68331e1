namespace MailProxy.Tests.Transport.Linux;

/// <summary>What the process has open. For tests of <see cref="Stress"/>, which have it to themselves.</summary>
internal static class ProcessDescriptors
{
    /// <summary>How many sockets, pipes and epolls; files come and go with what .NET loads.</summary>
    public static string Count() => string.Join(", ", Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget?.Split(":[")).Where(link => link?.Length == 2)
        .CountBy(link => link![0] == "anon_inode" ? link[1] : link[0]).OrderBy(kind => kind.Key).Select(kind => $"{kind.Value} {kind.Key}"));
}
