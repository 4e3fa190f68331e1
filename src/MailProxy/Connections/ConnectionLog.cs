using MailProxy.Observing;
using Microsoft.Extensions.Logging;

namespace MailProxy.Connections;

/// <summary>Events 100-199: connections before they are sessions.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(100, LogLevel.Information, "client timed out (110: Connection timed out)", EventName = "ProxyHeaderTimedOut")]
    public static partial void TimedOut(ILogger logger);

    [LoggerMessage(101, LogLevel.Error, "broken header: \"{Line}\"", EventName = "ProxyHeaderBroken")]
    public static partial void BrokenHeader(ILogger logger, string line);

    [LoggerMessage(102, LogLevel.Error, "unknown PROXY protocol version: {Version}", EventName = "ProxyHeaderVersion")]
    public static partial void UnknownVersion(ILogger logger, int version);

    [LoggerMessage(103, LogLevel.Error, "header is too large", EventName = "ProxyHeaderTooLarge")]
    public static partial void HeaderTooLarge(ILogger logger);

    [LoggerMessage(104, LogLevel.Information, "recv() failed ({Error})", EventName = "ProxyHeaderReceiveFailed")]
    public static partial void ReceiveFailed(ILogger logger, string error);

    [LoggerMessage(105, LogLevel.Information, "{Failure}", EventName = "HandshakeFailed")]
    public static partial void HandshakeFailed(ILogger logger, string failure);

    [LoggerMessage(110, LogLevel.Critical, "session ended by an error of our own", EventName = "ConnectionFailed")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(111, LogLevel.Debug, "session ended: {Reason}", EventName = "ConnectionEnded")]
    public static partial void Ended(ILogger logger, SessionEndReason reason);

    [LoggerMessage(180, LogLevel.Information, "client {Client} connected to {Listener}", EventName = "ClientConnected")]
    public static partial void Connected(ILogger logger, string client, string listener);

    [LoggerMessage(195, LogLevel.Critical, "{Limit} worker_connections are not enough", EventName = "WorkerConnections")]
    public static partial void WorkerConnections(ILogger logger, int limit);
}
