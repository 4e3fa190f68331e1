using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MailProxy.Diagnostics;

/// <summary>
/// Files that are only appended to. .NET appends by remembering an offset, which overwrites what another process wrote
/// and leaves a hole after logrotate's copytruncate; on Linux the file is opened with O_APPEND.
/// </summary>
internal static partial class AppendFile
{
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int AtEnd = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int Mode = 0x1A4;                     // 0644
    private const uint SameGroup = uint.MaxValue;

    /// <summary>Opens a file, and creates it where there is none. Each write is one system call.</summary>
    /// <exception cref="ErrorLogException">The message is nginx's: <c>open() "path" failed (13: Permission denied)</c>.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return OperatingSystem.IsLinux()
                ? new FileStream(OpenHandle(path), FileAccess.Write, bufferSize: 0)
                : new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (exception is (IOException or UnauthorizedAccessException) and not ErrorLogException)
        {
            throw new ErrorLogException($"open() \"{path}\" failed ({exception.Message})");
        }
    }

    /// <exception cref="ErrorLogException">The message is nginx's.</exception>
    public static void ChangeOwner(FileStream file, string path, uint user)
    {
        if (OperatingSystem.IsLinux() && ChangeOwner(file.SafeFileHandle, user, SameGroup) < 0) throw Failure($"chown(\"{path}\", {user}) failed");
    }

    private static SafeFileHandle OpenHandle(string path)
    {
        var descriptor = OpenFile(path, WriteOnly | Create | AtEnd | CloseOnExec, Mode);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure($"open() \"{path}\" failed");
    }

    private static ErrorLogException Failure(string call)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new ErrorLogException($"{call} ({errno}: {Marshal.GetPInvokeErrorMessage(errno)})");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int ChangeOwner(SafeFileHandle handle, uint user, uint group);
}
