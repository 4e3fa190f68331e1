using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Sockets;

namespace MailProxy.Transport.Linux.Loop;

/// <summary>A kernel pipe that <c>splice(2)</c> moves bytes through.</summary>
/// <param name="ReadEnd">Descriptor.</param>
/// <param name="WriteEnd">Descriptor.</param>
internal readonly record struct SplicePipe(int ReadEnd, int WriteEnd);

/// <summary>Empty pipes of one loop. On the loop only.</summary>
/// <param name="descriptors">How many are left: a pipe takes two, and only of those that no login needs.</param>
internal sealed unsafe class PipePool(DescriptorReserve descriptors)
{
    /// <summary>Bytes that a pipe is asked to hold; the kernel may give less to an unprivileged user.</summary>
    public const int PipeSize = 256 * 1024;

    private const int MostKept = 16;

    private readonly Stack<SplicePipe> _free = new();

    /// <returns>False where the process has few descriptors left: bytes then go through memory.</returns>
    public bool TryRent(out SplicePipe pipe)
    {
        if (_free.TryPop(out pipe)) return true;
        var ends = stackalloc int[2];
        if (LibC.Pipe(ends, Constants.PipeNonBlock | Constants.PipeCloseOnExec) < 0) return false;
        pipe = new SplicePipe(ends[0], ends[1]);
        if (descriptors.IsScarce(Math.Max(pipe.ReadEnd, pipe.WriteEnd)))
        {
            Close(pipe);
            return false;
        }

        _ = LibC.Control(pipe.WriteEnd, Constants.SetPipeSize, PipeSize);
        return true;
    }

    /// <summary>Takes back an empty pipe.</summary>
    public void Return(SplicePipe pipe)
    {
        if (_free.Count < MostKept) _free.Push(pipe);
        else Close(pipe);
    }

    /// <summary>Closes those that wait.</summary>
    public void Clear()
    {
        while (_free.TryPop(out var pipe)) Close(pipe);
    }

    /// <summary>Throws a pipe away with what is in it.</summary>
    public static void Close(SplicePipe pipe)
    {
        LibC.Close(pipe.ReadEnd);
        LibC.Close(pipe.WriteEnd);
    }
}
