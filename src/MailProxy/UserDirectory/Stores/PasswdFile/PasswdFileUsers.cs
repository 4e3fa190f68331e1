using MailProxy.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace MailProxy.UserDirectory.Stores.PasswdFile;

/// <summary>The users of a passwd-file that changes. One task refreshes them, any thread may ask.</summary>
/// <param name="path">The file.</param>
/// <param name="scheme">The scheme that the directive names; may be empty.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where broken lines go, and what keeps the file from being read.</param>
internal sealed class PasswdFileUsers(string path, string scheme, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>So many of the lines with which something is wrong are said one by one.</summary>
    private const int MostFaultsLogged = 20;

    /// <summary>So long nobody may have written to it: who writes it in place is still at it otherwise.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(500);

    /// <summary>And so long where it looks torn: it is empty, or its last line has no end and had one before. <c>psql … > users</c> is empty until the database answers.</summary>
    private static readonly TimeSpan SettledWhereTorn = TimeSpan.FromSeconds(5);

    /// <summary>After so long it is said that a file is never left alone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private PasswdTable? _table;
    private volatile string? _failure;
    private string _loaded = "";
    private string _seen = "";
    private long _seenAt;
    private long? _writtenSince;
    private bool _isWriterSaid;
    private string? _lost;

    /// <summary>Done once the file was read, or could not be read, for the first time.</summary>
    public Task Tried => _tried.Task;

    /// <summary>Why there are no users; null where there are.</summary>
    public string? Failure => _failure;

    /// <summary>The line of a user, in any case (A-Z); null where nobody has this login.</summary>
    /// <exception cref="PassdbException">There are no users yet.</exception>
    public byte[]? Find(ReadOnlySpan<byte> login)
    {
        lock (_gate) return _table is null ? throw new PassdbException(_failure ?? "it is closed") : _table.Find(login);
    }

    /// <summary>Reads the file where it has changed. Takes its time; users that are there stay until it is done, or where it cannot be done.</summary>
    /// <returns>False while it is being written.</returns>
    public bool Refresh()
    {
        try
        {
            var stamp = FileStamp.Of([path]);
            if (stamp != _seen) (_seen, _seenAt) = (stamp, time.GetTimestamp());
            if (stamp == _loaded) return true;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (!IsSettled(file)) return IsBeingWritten();
            var before = StateOf(file);
            var table = Read(file);
            if (StateOf(file) != before)
            {
                table.Dispose();
                return IsBeingWritten();
            }

            Put(table);
            (_loaded, _failure, _lost, _writtenSince, _isWriterSaid) = (stamp, null, null, null, false);
            PassdbLog.FileRead(log, path, table.Count);
        }
        catch (EndOfStreamException)
        {
            // Somebody has begun to write it in place meanwhile.
            return IsBeingWritten();
        }
        catch (Exception exception)
        {
            Fail(exception.Message);
        }

        _tried.TrySetResult();
        return true;
    }

    public void Dispose() => Put(null);

    private PasswdTable Read(SafeFileHandle file)
    {
        var faults = 0;
        var table = PasswdTable.Read(file, scheme, (line, reason) =>
        {
            if (++faults <= MostFaultsLogged) PassdbLog.BrokenLine(log, path, line, reason);
        });
        if (faults > MostFaultsLogged) PassdbLog.BrokenLines(log, path, faults - MostFaultsLogged);
        return table;
    }

    /// <summary>Whether nobody has written to it for long enough, by the file's own time, or as seen from here where clocks differ.</summary>
    private bool IsSettled(SafeFileHandle file)
    {
        var needed = LooksTorn(file) ? SettledWhereTorn : Settled;
        return time.GetUtcNow() - File.GetLastWriteTimeUtc(file) >= needed || time.GetElapsedTime(_seenAt) >= needed;
    }

    private bool LooksTorn(SafeFileHandle file)
    {
        // Only Refresh puts another table there.
        if (_table is not { IsEnded: true }) return false;
        Span<byte> last = stackalloc byte[1];
        var length = RandomAccess.GetLength(file);
        return length == 0 || RandomAccess.Read(file, last, length - 1) == 0 || last[0] != (byte)'\n';
    }

    private bool IsBeingWritten()
    {
        _writtenSince ??= time.GetTimestamp();
        if (_isWriterSaid || time.GetElapsedTime(_writtenSince.Value) < Patience) return false;
        _isWriterSaid = true;
        if (_table is null) _failure = "it is written to all the time";
        else PassdbLog.FileNeverSettles(log, path);
        _tried.TrySetResult();
        return false;
    }

    /// <summary>It is said once what is wrong, and tried again.</summary>
    private void Fail(string reason)
    {
        if (_table is null) _failure = reason;
        else if (reason != _lost) PassdbLog.FileLost(log, path, reason);
        _lost = reason;
    }

    private void Put(PasswdTable? table)
    {
        PasswdTable? old;
        lock (_gate) (old, _table) = (_table, table);
        old?.Dispose();
    }

    private static (long Length, DateTime Written) StateOf(SafeFileHandle file) => (RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
}
