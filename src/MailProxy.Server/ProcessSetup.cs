using System.Runtime.InteropServices;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;

namespace MailProxy.Server;

/// <summary>What the main context says about the process, done once its sockets are bound.</summary>
internal static class ProcessSetup
{
    /// <exception cref="IOException">The pid file or the account is not to be had; the message is nginx's.</exception>
    public static void Apply(MailProxyOptions options, IEnumerable<string> configurationFiles, PidFile pidFile, LogSinks sinks, ILogger log)
    {
        ServerLog.Start(log, typeof(ProcessSetup).Assembly.GetName().Version!.ToString(3), RuntimeInformation.FrameworkDescription);
        if (OperatingSystem.IsLinux()) LimitOpenFiles(options.WorkerRlimitNofile, log);
        if (options.Pid is { } pid) pidFile.Write(pid);
        if (options.Daemon == true) ServerLog.Warning(log, "\"daemon on\" has no effect: the process stays in the foreground");
        if (options.User is { } user && Account(user, options.Group, log) is { } account)
        {
            foreach (var warning in AccountCheck.Warnings(account, options, configurationFiles)) ServerLog.Warning(log, warning);
            // nginx's master does it when it reopens them; we shall not be able to any more.
            sinks.ChangeOwner(account.UserId);
            NativeProcess.Become(account);
            pidFile.IsInRootsFolder = true;
        }
    }

    private static ProcessAccount? Account(string user, string? group, ILogger log)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            ServerLog.Warning(log, "the \"user\" directive makes sense only if the process runs with super-user privileges, ignored");
            return null;
        }

        return NativeProcess.FindAccount(user, group);
    }

    /// <summary>.NET has raised the soft limit to the hard one already. As in nginx, a limit that cannot be had is an alert and no reason not to run.</summary>
    private static void LimitOpenFiles(long? count, ILogger log)
    {
        try
        {
            if (count is { } wanted) NativeProcess.SetOpenFilesLimit((ulong)wanted);
            var (soft, hard) = NativeProcess.GetOpenFilesLimit();
            ServerLog.OpenFilesLimit(log, soft, hard);
        }
        catch (SystemCallException exception)
        {
            ServerLog.Alert(log, exception.Message);
        }
    }
}
