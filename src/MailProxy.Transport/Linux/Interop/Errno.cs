using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MailProxy.Transport.Linux.Interop;

/// <summary>Error numbers of Linux that decide something here.</summary>
internal static class Errno
{
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int InputOutput = 5;
    public const int TryAgain = 11;
    public const int TableFull = 23;
    public const int TooManyFiles = 24;
    public const int BrokenPipe = 32;
    public const int Protocol = 71;
    public const int ConnectionAborted = 103;
    public const int ConnectionReset = 104;
    public const int InProgress = 115;

    /// <summary>The number that the last system call on this thread left.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The error as an exception, whose native error is the number.</summary>
    public static SocketException ToException(int errno) => new(errno switch
    {
        NoEntry or 99 => (int)SocketError.AddressNotAvailable,
        13 or 1 => (int)SocketError.AccessDenied,
        98 => (int)SocketError.AddressAlreadyInUse,
        101 => (int)SocketError.NetworkUnreachable,
        ConnectionAborted => (int)SocketError.ConnectionAborted,
        ConnectionReset => (int)SocketError.ConnectionReset,
        110 => (int)SocketError.TimedOut,
        111 => (int)SocketError.ConnectionRefused,
        113 => (int)SocketError.HostUnreachable,
        _ => errno,
    });
}
