using System.Runtime.InteropServices;

namespace MailProxy.UserDirectory.Stores.Sqlite;

/// <summary>Makes the file before SQLite does, so that nobody else can read it at any time.</summary>
internal static partial class SqliteFile
{
    private const int CurrentDirectory = -100;
    private const uint OwnerAndGroup = 0x18;
    private const int StatusSize = 256;

    // Of struct statx, which is the same on every machine.
    private const int OwnerOffset = 20;
    private const int GroupOffset = 24;

    /// <summary>Makes it empty, with mode 0600, where it is not there. Root gives it to the owner of its directory: the proxy that reads it need not be root.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void Create(string path)
    {
        if (File.Exists(path)) return;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            new FileStream(path, options).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            return;                                  // another process was quicker
        }

        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess) GiveAway(path);
    }

    private static void GiveAway(string path)
    {
        Span<byte> status = stackalloc byte[StatusSize];
        if (GetStatus(CurrentDirectory, Path.GetDirectoryName(path)!, 0, OwnerAndGroup, ref MemoryMarshal.GetReference(status)) != 0) return;
        if (SetOwner(path, MemoryMarshal.Read<uint>(status[OwnerOffset..]), MemoryMarshal.Read<uint>(status[GroupOffset..])) != 0)
            throw new IOException($"chown failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int GetStatus(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetOwner(string path, uint user, uint group);
}
