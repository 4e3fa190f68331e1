using MailProxy.Configuration;

namespace MailProxy.Server;

/// <summary>What the main context says about the process, done once its sockets are bound.</summary>
internal static class ProcessSetup
{
    /// <exception cref="IOException">The pid file, the account or the limit is not to be had.</exception>
    public static void Apply(MailProxyOptions options, ILogger log)
    {
        ServerLog.Start(log, typeof(ProcessSetup).Assembly.GetName().Version!.ToString(3), System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription);
        if (options.WorkerRlimitNofile is { } count) LimitOpenFiles(count, log);
        if (options.Pid is { } pid) PidFile.Write(pid);
        if (options.Daemon == true) ServerLog.Warning(log, "\"daemon on\" has no effect: the process stays in the foreground");
        if (options.User is { } user) ChangeUser(user, options.Group, log);
    }

    private static void ChangeUser(string user, string? group, ILogger log)
    {
        if (NativeProcess.IsRoot) NativeProcess.ChangeUser(user, group);
        else ServerLog.Warning(log, "the \"user\" directive makes sense only if the process runs with super-user privileges, ignored");
    }

    // As in nginx, a limit that cannot be had is an alert and no reason not to run.
    private static void LimitOpenFiles(long count, ILogger log)
    {
        try
        {
            NativeProcess.LimitOpenFiles((ulong)count);
        }
        catch (IOException exception)
        {
            ServerLog.Alert(log, exception.Message);
        }
    }
}
