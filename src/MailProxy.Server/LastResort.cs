using System.Runtime.ExceptionServices;
using MailProxy.Transport;
using MailProxy.Transport.Guards;

namespace MailProxy.Server;

/// <summary>An exception that nobody has caught, on a thread of the pool or of the collector, is reported and ends nothing: all other sessions go on.</summary>
internal static class LastResort
{
    // Main's, whose exceptions end the program.
    private static int _mainThread;

    /// <summary>To be called on the thread of Main, once.</summary>
    public static void Install()
    {
        _mainThread = Environment.CurrentManagedThreadId;
        ExceptionHandling.SetUnhandledExceptionHandler(Handle);
    }

    /// <returns>Whether the process may go on: not without its main thread or one of its loops, whose sessions would wait for ever.</returns>
    public static bool Handle(Exception exception)
    {
        if (Environment.CurrentManagedThreadId == _mainThread || MailTransport.CurrentLoop is not null) return false;
        StrayErrors.Report("work that nobody waits for", exception);
        return true;
    }
}
