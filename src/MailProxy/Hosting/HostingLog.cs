using System.Net;
using Microsoft.Extensions.Logging;

namespace MailProxy.Hosting;

/// <summary>Events 500-599: the program's own life. 590-594 are nginx's <c>notice</c>, 598-599 its <c>emerg</c>.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(500, LogLevel.Warning, "{Message}", EventName = "ConfigurationWarning")]
    public static partial void ConfigurationWarning(ILogger logger, string message);

    [LoggerMessage(501, LogLevel.Critical, "{Error}", EventName = "AcceptFailed")]
    public static partial void AcceptFailed(ILogger logger, string error);

    [LoggerMessage(502, LogLevel.Warning, "the change of \"{Directive}\" from \"{Old}\" to \"{New}\" takes a restart", EventName = "NeedsRestart")]
    public static partial void NeedsRestart(ILogger logger, string directive, string old, string @new);

    [LoggerMessage(503, LogLevel.Critical, "an error of our own in {Where}", EventName = "StrayError")]
    public static partial void StrayError(ILogger logger, string where, Exception exception);

    [LoggerMessage(504, LogLevel.Error, "{Error}: the HTTP side cannot be asked there (/readyz, /metrics, /auth) until it can listen; mail is served", EventName = "HttpFailed")]
    public static partial void HttpFailed(ILogger logger, string error);

    [LoggerMessage(505, LogLevel.Warning, "the HTTP side listens on {Address} now", EventName = "HttpRecovered")]
    public static partial void HttpRecovered(ILogger logger, EndPoint address);

    [LoggerMessage(506, LogLevel.Error, "the configuration could not be read again", EventName = "ReloadFailed")]
    public static partial void ReloadFailed(ILogger logger, Exception exception);

    [LoggerMessage(590, LogLevel.Information, "listening on {Count} sockets", EventName = "Started")]
    public static partial void Started(ILogger logger, int count);

    [LoggerMessage(591, LogLevel.Information, "gracefully shutting down", EventName = "Draining")]
    public static partial void Draining(ILogger logger);

    [LoggerMessage(592, LogLevel.Information, "reconfiguring", EventName = "Reconfiguring")]
    public static partial void Reconfiguring(ILogger logger);

    [LoggerMessage(593, LogLevel.Information, "reopening logs", EventName = "ReopeningLogs")]
    public static partial void ReopeningLogs(ILogger logger);

    [LoggerMessage(594, LogLevel.Warning, "an event loop was away for {Milliseconds} ms: all sessions on it waited", EventName = "LoopAway")]
    public static partial void LoopAway(ILogger logger, long milliseconds);

    [LoggerMessage(599, LogLevel.Critical, "{Error}", EventName = "BindFailed")]
    public static partial void BindFailed(ILogger logger, string error);

    [LoggerMessage(598, LogLevel.Critical, "{Message}", EventName = "ConfigurationError")]
    public static partial void ConfigurationError(ILogger logger, string message);
}
