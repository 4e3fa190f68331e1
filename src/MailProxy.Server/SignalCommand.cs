using MailProxy.Configuration;

namespace MailProxy.Server;

/// <summary><c>-s</c>: signals the process whose id the configuration's <c>pid</c> file holds.</summary>
internal static class SignalCommand
{
    /// <returns>The exit code.</returns>
    public static int Run(ProcessSignal signal, MailProxyOptions options, StartupErrors errors)
    {
        if (options.Pid is not { } path)
        {
            errors.Write(ErrorLogLevel.Error, "no \"pid\" directive in the configuration, so no process can be found");
            return 1;
        }

        try
        {
            if (PidFile.Read(path) is { } process)
            {
                NativeProcess.Signal(process, signal);
                return 0;
            }

            errors.Write(ErrorLogLevel.Error, $"invalid PID number in \"{path}\"");
        }
        catch (IOException exception)
        {
            errors.Write(exception.Message.StartsWith("kill", StringComparison.Ordinal) ? ErrorLogLevel.Alert : ErrorLogLevel.Error, exception.Message);
        }

        return 1;
    }
}
