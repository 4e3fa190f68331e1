using System.Globalization;
using MailProxy.Configuration;

namespace MailProxy.Server;

/// <summary>The file of the directive <c>pid</c>: the process's id and a line feed, for as long as it runs.</summary>
/// <param name="alert">Takes what goes wrong once the process runs.</param>
internal sealed class PidFile(Action<string> alert) : IConfigured, IDisposable
{
    private OpenFile? _current;

    /// <summary>Whether root wrote it and the process has another account since: it may then be emptied only, which is no reason for an alert.</summary>
    public bool IsInRootsFolder { get; set; }

    /// <exception cref="IOException">It cannot be written; the message is nginx's.</exception>
    public void Write(string path) => _current = Create(path);

    /// <summary>A reload: writes the file that the new configuration names, and removes the old one once that is in force. At the start others come first: see <see cref="Write"/>.</summary>
    public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        if (preparation.InForce is null) return ValueTask.FromResult<IPrepared>(new Prepared<PidFile>(this));
        var next = preparation.Options.Pid == _current?.Path ? _current : preparation.Options.Pid is { } path ? Create(path) : null;
        return ValueTask.FromResult<IPrepared>(new Prepared<PidFile>(this, commit: () => Take(next), undo: () => Drop(next)));
    }

    /// <summary>Removes the file, unless another process has made it its own meanwhile.</summary>
    public void Dispose()
    {
        Remove(_current);
        _current = null;
    }

    /// <summary>Looks whether <see cref="Write"/> could write it. What is in it, perhaps the running program's id, stays.</summary>
    /// <exception cref="IOException">It could not; the message is nginx's.</exception>
    public static void Check(string path)
    {
        try
        {
            var isThere = File.Exists(path);
            using (new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
            {
            }

            if (!isThere) File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure("open()", path, exception);
        }
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

    private static OpenFile Create(string path)
    {
        try
        {
            // Stays open: once the process has changed its account it may be unable to remove the file, but can empty it.
            var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            return new OpenFile(path, file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure("open()", path, exception);
        }
    }

    private void Remove(OpenFile? open)
    {
        if (open is not { Path: var path, File: var file }) return;
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
                if (IsInRootsFolder && exception is UnauthorizedAccessException) return;
                alert(Failure("unlink()", path, exception).Message);
            }
        }
    }

    private void Take(OpenFile? next)
    {
        if (next != _current) Remove(_current);
        _current = next;
    }

    private ValueTask Drop(OpenFile? next)
    {
        if (next != _current) Remove(next);
        return ValueTask.CompletedTask;
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

    private sealed record OpenFile(string Path, FileStream File);
}
