using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MailProxy.Observing;

/// <summary>The system's error behind an exception, in nginx's form.</summary>
internal static class SocketFailure
{
    /// <returns><c>111: Connection refused</c>; where no system error is behind it, the exception's type.</returns>
    public static string Describe(Exception exception) => Find(exception) is { } socket
        ? $"{socket.NativeErrorCode}: {Marshal.GetPInvokeErrorMessage(socket.NativeErrorCode)}"
        : exception.GetType().Name;

    /// <summary>The same as a whole: <c>recv() failed (104: Connection reset by peer)</c>.</summary>
    /// <param name="call">What is blamed where the exception does not tell.</param>
    /// <param name="exception">TLS's own errors say it all: <c>SSL_read() failed (SSL: …)</c>.</param>
    public static string Describe(string call, Exception exception) =>
        exception.Message.StartsWith("SSL_", StringComparison.Ordinal) ? exception.Message : $"{call} failed ({Describe(exception)})";

    /// <summary>The system's error; null where none is behind the exception.</summary>
    public static SocketException? Find(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket) return socket;
        }

        return null;
    }
}
