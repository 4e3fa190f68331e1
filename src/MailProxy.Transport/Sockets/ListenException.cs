using System.Runtime.InteropServices;

namespace MailProxy.Transport.Sockets;

/// <summary>A socket cannot listen, or cannot accept. The message is the line for the log.</summary>
internal sealed class ListenException : Exception
{
    internal const int AddressInUse = 98;

    internal ListenException(string call, string address, int errno, Exception? inner = null)
        : this($"{call} failed ({errno}: {Marshal.GetPInvokeErrorMessage(errno)})", inner)
    {
        Address = address;
        Errno = errno;
    }

    private ListenException(string message, Exception? inner) : base(message, inner)
    {
    }

    /// <summary>Which socket: <see cref="ListenSocket.Address"/>.</summary>
    public string Address { get; private init; } = "";

    /// <summary>The system's error number.</summary>
    public int Errno { get; private init; }

    /// <summary>The error as log lines show it: <c>98: Address already in use</c>.</summary>
    public string Error => $"{Errno}: {Marshal.GetPInvokeErrorMessage(Errno)}";

    /// <summary>All tries have failed, each for this reason.</summary>
    internal static ListenException StillCouldNotBind(ListenException last) =>
        new("still could not bind()", last) { Address = last.Address, Errno = last.Errno };
}
