namespace MailProxy.Configuration.Syntax;

/// <summary>Opens the files of a configuration, and knows which are open, so that none includes itself.</summary>
internal sealed class ConfFileReader(List<ConfigurationMessage> messages)
{
    private readonly List<ConfFile> _files = [];
    private readonly Stack<string> _open = [];

    /// <summary>The files that were read, each once, in the order of reading.</summary>
    public IReadOnlyList<ConfFile> All => _files;

    /// <summary>Reads a file, which is then open until <see cref="Close"/>; null, with a message, when that fails.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="includedAt">Where it is included; null for the main file.</param>
    public IReadOnlyList<ConfNode>? Read(string path, string? includedAt)
    {
        var identity = Path.GetFullPath(path);
        if (_open.Contains(identity))
        {
            Fail($"\"{path}\" includes itself", includedAt);
            return null;
        }

        if (ReadBytes(path, includedAt) is not { } content) return null;
        if (_files.TrueForAll(file => file.Path != path)) _files.Add(new ConfFile(path, content));
        _open.Push(identity);
        return ConfParser.ParseFile(content, path);
    }

    /// <summary>The file opened last has been walked through.</summary>
    public void Close() => _open.TryPop(out _);

    private byte[]? ReadBytes(string path, string? includedAt)
    {
        try
        {
            if (!Directory.Exists(path)) return File.ReadAllBytes(path);
            Fail($"read() \"{path}\" failed (21: Is a directory)", includedAt);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            Fail($"open() \"{path}\" failed (2: No such file or directory)", includedAt);
        }
        catch (UnauthorizedAccessException)
        {
            Fail($"open() \"{path}\" failed (13: Permission denied)", includedAt);
        }
        catch (IOException exception)
        {
            Fail($"open() \"{path}\" failed ({exception.Message})", includedAt);
        }

        return null;
    }

    private void Fail(string text, string? includedAt) =>
        messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, includedAt is null ? text : $"{text} in {includedAt}"));
}
