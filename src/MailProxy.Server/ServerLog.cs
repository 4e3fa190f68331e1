namespace MailProxy.Server;

/// <summary>Events 600-699: the process. 690-694 are nginx's <c>notice</c>, 695-697 its <c>alert</c>.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(600, LogLevel.Warning, "{Message}", EventName = "ProcessWarning")]
    public static partial void Warning(ILogger logger, string message);

    [LoggerMessage(690, LogLevel.Information, "signal {Number} ({Name}) received, {Effect}", EventName = "SignalReceived")]
    public static partial void SignalReceived(ILogger logger, int number, string name, string effect);

    [LoggerMessage(692, LogLevel.Information, "exit", EventName = "Exit")]
    public static partial void Exit(ILogger logger);

    [LoggerMessage(691, LogLevel.Information, "mailproxy/{Version} on {Framework}", EventName = "Start")]
    public static partial void Start(ILogger logger, string version, string framework);

    [LoggerMessage(695, LogLevel.Critical, "{Message}", EventName = "ProcessAlert")]
    public static partial void Alert(ILogger logger, string message);
}
