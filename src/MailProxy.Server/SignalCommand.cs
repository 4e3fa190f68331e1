using MailProxy.Configuration;

namespace MailProxy.Server;

/// <summary><c>-s</c>: signals the process whose id the configuration's <c>pid</c> file holds.</summary>
internal static class SignalCommand
{
    /// <returns>The exit code.</returns>
    public static int Run(ProcessSignal signal, MailProxyOptions options, StartupErrors errors)
    {
        errors.Write(ErrorLogLevel.Notice, "signal process started");
        try
        {
            var path = options.Pid ?? throw new IOException("no \"pid\" directive in the configuration, so no process can be found");
            NativeProcess.Signal(PidFile.Read(path), signal);
            return 0;
        }
        catch (SystemCallException exception)
        {
            errors.Write(ErrorLogLevel.Alert, exception.Message);
        }
        catch (IOException exception)
        {
            errors.Write(ErrorLogLevel.Error, exception.Message);
        }

        return 1;
    }
}
