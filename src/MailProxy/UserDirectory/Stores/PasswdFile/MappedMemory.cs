using System.IO.MemoryMappedFiles;

namespace MailProxy.UserDirectory.Stores.PasswdFile;

/// <summary>
/// Memory of the system's own, all 0, that goes back to it at once. What malloc(3) frees stays with the thread's arena, once
/// a block of that size was freed before: each thread that has read a table would keep one.
/// </summary>
internal sealed unsafe class MappedMemory : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;

    /// <param name="length">Its size in bytes.</param>
    /// <exception cref="IOException">There is not so much.</exception>
    public MappedMemory(long length)
    {
        // The view keeps what it shows.
        using var file = MemoryMappedFile.CreateNew(null, Math.Max(1, length));
        _view = file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        Start = start;
    }

    /// <summary>Its first byte, until it is disposed of.</summary>
    public byte* Start { get; }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
