using System.Globalization;

namespace MailProxy.Server;

/// <summary>The file of the directive <c>pid</c>: the process's id and a line feed, for as long as it runs.</summary>
internal static class PidFile
{
    /// <exception cref="IOException">It cannot be written; the message is nginx's.</exception>
    public static void Write(string path)
    {
        try
        {
            File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"open() \"{path}\" failed ({exception.Message})", exception);
        }
    }

    /// <summary>Removes the file, unless another process has made it its own meanwhile.</summary>
    public static void Remove(string path)
    {
        try
        {
            if (Read(path) == Environment.ProcessId) File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone already, or its directory is not ours after "user": the next start writes over it.
        }
    }

    /// <returns>The id, or null where the file holds none.</returns>
    /// <exception cref="IOException">There is no such file; the message is nginx's.</exception>
    public static int? Read(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"open() \"{path}\" failed (2: No such file or directory)", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"open() \"{path}\" failed (13: Permission denied)", exception);
        }
    }
}
