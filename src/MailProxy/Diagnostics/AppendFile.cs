using System.Runtime.InteropServices;
using System.Text;
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
    private const int Interrupted = 4;

    /// <exception cref="IOException">The message is nginx's: <c>open() "path" failed (13: Permission denied)</c>.</exception>
    public static SafeFileHandle Open(string path)
    {
        if (!OperatingSystem.IsLinux()) return OpenElsewhere(path);
        var descriptor = OpenFile(Encoding.UTF8.GetBytes(path + '\0'), WriteOnly | Create | AtEnd | CloseOnExec, Mode);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure(path, Marshal.GetLastPInvokeError());
    }

    /// <exception cref="IOException">Nothing more can be written.</exception>
    public static void Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.Write(handle, bytes, RandomAccess.GetLength(handle));
            return;
        }

        while (!bytes.IsEmpty)
        {
            var written = WriteFile(handle, in MemoryMarshal.GetReference(bytes), bytes.Length);
            if (written >= 0) bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var errno && errno != Interrupted) throw new IOException(Marshal.GetPInvokeErrorMessage(errno));
        }
    }

    private static SafeFileHandle OpenElsewhere(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"open() \"{path}\" failed ({exception.Message})", exception);
        }
    }

    private static IOException Failure(string path, int errno) => new($"open() \"{path}\" failed ({errno}: {Marshal.GetPInvokeErrorMessage(errno)})");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial int OpenFile(byte[] path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(SafeFileHandle handle, in byte bytes, nint length);
}
