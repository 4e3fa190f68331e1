namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>A directory that other users' processes may enter, gone at the end.</summary>
internal sealed class TempDirectory : IDisposable
{
    public TempDirectory(string purpose)
    {
        // Short, because the path of a unix socket has at most 107 bytes.
        Path = Directory.CreateTempSubdirectory($"mp-{purpose}-").FullName;
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
    }

    public string Path { get; }

    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
