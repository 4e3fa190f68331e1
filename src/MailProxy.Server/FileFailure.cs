using System.Runtime.InteropServices;

namespace MailProxy.Server;

/// <summary>The system's error behind a file's exception, in nginx's form.</summary>
internal static class FileFailure
{
    private const int NoSuchFile = 2;
    private const int PermissionDenied = 13;

    /// <returns><c>13: Permission denied</c>.</returns>
    public static string Describe(Exception exception)
    {
        var errno = exception switch
        {
            FileNotFoundException or DirectoryNotFoundException => NoSuchFile,
            UnauthorizedAccessException => exception.InnerException is IOException inner ? inner.HResult : PermissionDenied,
            _ => exception.HResult,
        };
        // On Linux .NET gives the system's number where it has none of its own for the error.
        return errno > 0 ? $"{errno}: {Marshal.GetPInvokeErrorMessage(errno)}" : exception.Message;
    }
}
