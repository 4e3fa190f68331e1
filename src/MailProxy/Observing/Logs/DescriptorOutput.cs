using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace MailProxy.Observing.Logs;

/// <summary>
/// A file, a pipe or a device of Linux. One that may have a reader is asked whether it takes something before it is given as
/// much as a pipe takes at once: so nobody ever waits in a write. A FIFO that nobody reads is opened when somebody does.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class DescriptorOutput : LogOutput
{
    // A pipe that can be written to takes so much whole (PIPE_BUF).
    private const int AtOnce = 4096;

    private const int NoSuchDevice = 6;
    private const int Again = 11;
    private const int Interrupted = 4;
    private const int BrokenPipe = 32;

    private const short MayWrite = 4;
    private const short HasFailed = 8;

    private const int AtWorkingDirectory = -100;
    private const int OfDescriptor = 0x1000;
    private const uint TypeOnly = 1;
    private const int StatusLength = 256;
    private const int ModeOffset = 28;                  // of struct statx, which is the same on every machine
    private const int TypeMask = 0xF000;
    private const int Fifo = 0x1000;
    private const int RegularFile = 0x8000;

    private readonly string? _path;
    private SafeFileHandle? _handle;
    private int _type;

    private DescriptorOutput(string? path, SafeFileHandle? handle, int type)
    {
        _path = path;
        _handle = handle;
        _type = type;
    }

    public override string? Problem => _handle is null ? $"open() \"{_path}\" failed ({Describe(NoSuchDevice)}): nobody reads it" : null;

    /// <summary>Opens a file for appending, and creates it where there is none.</summary>
    /// <exception cref="ErrorLogException">The message is nginx's: <c>open() "path" failed (13: Permission denied)</c>.</exception>
    public static DescriptorOutput Open(string path)
    {
        if (AppendFile.TryOpen(path, out var errno) is { } handle) return new DescriptorOutput(path, handle, TypeOf(handle));
        return errno == NoSuchDevice && TypeOf(path) == Fifo ? new DescriptorOutput(path, null, Fifo) : throw AppendFile.Failure($"open() \"{path}\" failed", errno);
    }

    /// <summary>stdout (1) or stderr (2), which belong to others as well and stay as they are.</summary>
    public static DescriptorOutput OfStandard(int descriptor)
    {
        var handle = new SafeFileHandle(descriptor, ownsHandle: false);
        return new DescriptorOutput(null, handle, TypeOf(handle));
    }

    public override int Write(ReadOnlySpan<byte> bytes)
    {
        if (_handle is null && !OpenNow()) return 0;
        if (_type != RegularFile)
        {
            if (Poll(TimeSpan.Zero) == 0) return 0;
            bytes = bytes[..LengthAtOnce(bytes)];
        }

        while (true)
        {
            var count = Write(_handle!, bytes, bytes.Length);
            if (count >= 0) return (int)count;
            var errno = Marshal.GetLastPInvokeError();
            // The next reader of a FIFO finds what comes from now on.
            if (errno == Again || (errno == BrokenPipe && _path is not null)) return 0;
            if (errno != Interrupted) throw new IOException(Describe(errno));
        }
    }

    public override bool Wait(TimeSpan limit) => _handle is not null && (Poll(limit) & (MayWrite | HasFailed)) == MayWrite;

    public override bool IsFile(out bool endsTorn)
    {
        endsTorn = _type == RegularFile && _path is not null && EndsTorn(_path);
        return _type == RegularFile;
    }

    public override void ChangeOwner(uint user)
    {
        if (_path is not null) AppendFile.ChangeOwner(_handle, _path, user);
    }

    public override void Dispose() => _handle?.Dispose();

    private bool OpenNow()
    {
        _handle = AppendFile.TryOpen(_path!, out var errno);
        if (_handle is null) return errno == NoSuchDevice ? false : throw new IOException(Describe(errno));
        _type = TypeOf(_handle);
        return true;
    }

    // Whole lines, where they fit: others may write to the same pipe.
    private static int LengthAtOnce(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= AtOnce) return bytes.Length;
        var end = bytes[..AtOnce].LastIndexOf((byte)'\n');
        return end < 0 ? AtOnce : end + 1;
    }

    private short Poll(TimeSpan limit)
    {
        var isAdded = false;
        try
        {
            _handle!.DangerousAddRef(ref isAdded);
            var poll = new PollDescriptor { Descriptor = (int)_handle.DangerousGetHandle(), Events = MayWrite };
            return Poll(ref poll, 1, (int)limit.TotalMilliseconds) > 0 ? poll.Returned : (short)0;
        }
        finally
        {
            if (isAdded) _handle!.DangerousRelease();
        }
    }

    private static bool EndsTorn(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> last = stackalloc byte[1];
            var length = RandomAccess.GetLength(file);
            return length > 0 && RandomAccess.Read(file, last, length - 1) == 1 && last[0] != (byte)'\n';
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever may only write does not see what is there.
            return false;
        }
    }

    private static int TypeOf(string path)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        return GetStatus(AtWorkingDirectory, path, 0, TypeOnly, ref status[0]) < 0 ? 0 : BitConverter.ToUInt16(status[ModeOffset..]) & TypeMask;
    }

    private static int TypeOf(SafeFileHandle handle)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        return GetStatus(handle, "", OfDescriptor, TypeOnly, ref status[0]) < 0 ? 0 : BitConverter.ToUInt16(status[ModeOffset..]) & TypeMask;
    }

    private static string Describe(int errno) => $"{errno}: {Marshal.GetPInvokeErrorMessage(errno)}";

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int GetStatus(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int GetStatus(SafeFileHandle file, string path, int flags, uint mask, ref byte status);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
