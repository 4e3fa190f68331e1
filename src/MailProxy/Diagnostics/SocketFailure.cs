using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MailProxy.Diagnostics;

/// <summary>The system's error behind an exception, in nginx's form.</summary>
internal static class SocketFailure
{
    /// <returns><c>111: Connection refused</c>; where no system error is behind it, the exception's type.</returns>
    public static string Describe(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket) return $"{socket.NativeErrorCode}: {Marshal.GetPInvokeErrorMessage(socket.NativeErrorCode)}";
        }

        return exception.GetType().Name;
    }
}
