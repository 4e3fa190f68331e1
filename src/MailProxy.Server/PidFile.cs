using System.Globalization;

namespace MailProxy.Server;

/// <summary>The file of the directive <c>pid</c>: the process's id and a line feed, for as long as it runs.</summary>
/// <param name="alert">Takes what goes wrong once the process runs.</param>
internal sealed class PidFile(Action<string> alert) : IDisposable
{
    private string? _path;
    private FileStream? _file;

    /// <exception cref="IOException">It cannot be written; the message is nginx's.</exception>
    public void Write(string path)
    {
        try
        {
            // Stays open: once the process has changed its account it may be unable to remove the file, but can empty it.
            var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            (_path, _file) = (path, file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure("open()", path, exception);
        }
    }

    /// <summary>After a reload: writes the file that the new configuration names, and removes the old one.</summary>
    public void MoveTo(string? path)
    {
        if (path == _path) return;
        var (oldPath, oldFile) = (_path, _file);
        (_path, _file) = (null, null);
        try
        {
            if (path is not null) Write(path);
            Remove(oldPath, oldFile);
        }
        catch (IOException exception)
        {
            (_path, _file) = (oldPath, oldFile);
            alert(exception.Message);
        }
    }

    /// <summary>Removes the file, unless another process has made it its own meanwhile.</summary>
    public void Dispose()
    {
        Remove(_path, _file);
        (_path, _file) = (null, null);
    }

    /// <returns>The id in the file.</returns>
    /// <exception cref="IOException">There is no such file, or no id in it; the message is nginx's.</exception>
    public static int Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path).TrimEnd('\r', '\n');
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0
                ? id
                : throw new InvalidDataException($"invalid PID number \"{text}\" in \"{path}\"");
        }
        catch (InvalidDataException exception)
        {
            throw new IOException(exception.Message, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure("open()", path, exception);
        }
    }

    private void Remove(string? path, FileStream? file)
    {
        if (path is null || file is null) return;
        using (file)
        {
            if (!IsOurs(path)) return;
            try
            {
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                file.SetLength(0);
                alert(Failure("unlink()", path, exception).Message);
            }
        }
    }

    private static bool IsOurs(string path)
    {
        try
        {
            return Read(path) == Environment.ProcessId;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static IOException Failure(string call, string path, Exception exception) => new($"{call} \"{path}\" failed ({FileFailure.Describe(exception)})", exception);
}
