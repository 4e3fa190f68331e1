using System.Net;

namespace MailProxy.Tests.Transport;

/// <summary>
/// Addresses of the loopback network that nobody else on the machine binds. A port that a test gives back, and then expects
/// to be closed or free, may be another test's a moment later; at an address of the test's own it is not.
/// </summary>
internal static class OwnAddress
{
    private static int _last = Random.Shared.Next(1 << 20);

    /// <summary>One that no other call has returned, in 127.16.0.0/12; several processes begin at different places.</summary>
    public static IPAddress Next()
    {
        var number = Interlocked.Increment(ref _last) & 0xFFFFF;
        return new IPAddress([127, (byte)(16 + (number >> 16)), (byte)(number >> 8), (byte)number]);
    }

    /// <summary>A port of one, for the kernel to choose.</summary>
    public static IPEndPoint NextEndPoint() => new(Next(), 0);
}
