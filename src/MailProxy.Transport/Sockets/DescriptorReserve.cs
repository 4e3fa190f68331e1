using System.Net.Sockets;

namespace MailProxy.Transport.Sockets;

/// <summary>
/// Keeps the last descriptors of the process free. .NET needs some to start a thread, and where it cannot start one for
/// a socket's event it ends the process with "Out of memory". The system hands out the lowest number that is free, so
/// a new descriptor's number tells how many are left.
/// </summary>
/// <param name="limit">How many descriptors the process may have.</param>
/// <param name="part">Which part of the reserve new clients may not take: all of it, or a half, a third.</param>
internal sealed class DescriptorReserve(Func<int> limit, int part = 1)
{
    // In place of a part of the reserve.
    private const int Quarter = 0;

    private int _limit = limit();
    private nint _highest;

    /// <summary>By the process's own limit.</summary>
    public static DescriptorReserve OfProcess { get; } = new(LinuxSockets.DescriptorLimit);

    /// <summary>The same for the few of the HTTP side, which tells how things are when mail clients wait.</summary>
    public static DescriptorReserve OfHttp { get; } = new(LinuxSockets.DescriptorLimit, part: 2);

    /// <summary>Whether no more clients should be accepted after this one.</summary>
    public bool IsLow(Socket socket) => IsLow(socket.Handle);

    /// <summary>The same by the descriptor's number.</summary>
    public bool IsLow(nint descriptor) => Exceeds(descriptor, part);

    /// <summary>Whether no more clients should be accepted yet.</summary>
    public bool IsLow()
    {
        if (_limit == int.MaxValue) return false;
        try
        {
            using var probe = File.OpenHandle("/dev/null");
            return Exceeds(probe.DangerousGetHandle(), part);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Whether this socket takes what must be kept. Those who were accepted may go further than new clients.</summary>
    public bool IsExhausted(Socket socket) => IsExhausted(socket.Handle);

    /// <summary>The same by the descriptor's number.</summary>
    public bool IsExhausted(nint descriptor) => Exceeds(descriptor, 2);

    /// <summary>Whether this descriptor is of the last quarter, which is left to clients and to what their logins need.</summary>
    public bool IsScarce(nint descriptor) => Exceeds(descriptor, Quarter);

    private bool Exceeds(nint descriptor, int kept)
    {
        // The limit may have been raised, or lowered by worker_rlimit_nofile or prlimit(1): a number that is new asks again.
        if (descriptor <= _highest && descriptor < _limit - Size(kept)) return false;
        _highest = Math.Max(_highest, descriptor);
        _limit = limit();
        return descriptor >= _limit - Size(kept);
    }

    private int Size(int kept) => kept == Quarter ? _limit / 4 : Math.Clamp(_limit / 8, 8, 64) / kept;
}
