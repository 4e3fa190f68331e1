namespace MailProxy.Server;

/// <summary>Events 600-699: the process. 690-694 are nginx's <c>notice</c>, 695-697 its <c>alert</c>.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(600, LogLevel.Warning, "{Message}", EventName = "ProcessWarning")]
    public static partial void Warning(ILogger logger, string message);

    [LoggerMessage(602, LogLevel.Critical, "what the signal asked for has failed", EventName = "SignalFailed")]
    public static partial void SignalFailed(ILogger logger, Exception exception);

    [LoggerMessage(690, LogLevel.Information, "signal {Number} ({Name}) received{Sender}, {Effect}", EventName = "SignalReceived")]
    public static partial void SignalReceived(ILogger logger, int number, string name, string sender, string effect);

    [LoggerMessage(691, LogLevel.Information, "mailproxy/{Version} on {Framework}", EventName = "Start")]
    public static partial void Start(ILogger logger, string version, string framework);

    [LoggerMessage(692, LogLevel.Information, "exit", EventName = "Exit")]
    public static partial void Exit(ILogger logger);

    [LoggerMessage(693, LogLevel.Information, "getrlimit(RLIMIT_NOFILE): {Soft}:{Hard}", EventName = "OpenFilesLimit")]
    public static partial void OpenFilesLimit(ILogger logger, ulong soft, ulong hard);

    [LoggerMessage(695, LogLevel.Critical, "{Message}", EventName = "ProcessAlert")]
    public static partial void Alert(ILogger logger, string message);
}
