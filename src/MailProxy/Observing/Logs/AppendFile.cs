using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailProxy.Observing.Logs;

/// <summary>
/// Files that are only appended to. .NET appends by remembering an offset, which overwrites what another process wrote
/// and leaves a hole after logrotate's copytruncate; on Linux the file is opened with O_APPEND. Opening waits for no reader
/// of a FIFO.
/// </summary>
internal static partial class AppendFile
{
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int AtEnd = 0x400;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int Mode = 0x1A4;                     // 0644
    private const uint SameGroup = uint.MaxValue;

    /// <summary>Opens a file, and creates it where there is none. Each write is one system call.</summary>
    /// <exception cref="ErrorLogException">The message is nginx's: <c>open() "path" failed (13: Permission denied)</c>.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            if (!OperatingSystem.IsLinux()) return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var handle = TryOpen(path, out var errno) ?? throw Failure($"open() \"{path}\" failed", errno);
            return new FileStream(handle, FileAccess.Write, bufferSize: 0);
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not ErrorLogException)
        {
            throw new ErrorLogException($"open() \"{path}\" failed ({exception.Message})");
        }
    }

    /// <summary>The same on Linux.</summary>
    /// <param name="path">The file.</param>
    /// <param name="errno">Why there is no handle; ENXIO (6) where it is a FIFO that nobody reads.</param>
    /// <returns>Null where it cannot be opened.</returns>
    public static SafeFileHandle? TryOpen(string path, out int errno)
    {
        var descriptor = OpenFile(path, WriteOnly | Create | AtEnd | NonBlocking | CloseOnExec, Mode);
        errno = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    /// <param name="handle">The open file; null where it could not be opened yet.</param>
    /// <param name="path">Its name.</param>
    /// <param name="user">Whose it is to be.</param>
    /// <exception cref="ErrorLogException">The message is nginx's.</exception>
    public static void ChangeOwner(SafeFileHandle? handle, string path, uint user)
    {
        var result = handle is null ? ChangeOwner(path, user, SameGroup) : ChangeOwner(handle, user, SameGroup);
        if (result < 0) throw Failure($"chown(\"{path}\", {user}) failed", Marshal.GetLastPInvokeError());
    }

    public static ErrorLogException Failure(string call, int errno) => new($"{call} ({errno}: {Marshal.GetPInvokeErrorMessage(errno)})");

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int ChangeOwner(SafeFileHandle handle, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
