using Microsoft.Extensions.Logging;

namespace MailProxy.Sessions;

/// <summary>Events 200-299. The texts are nginx's; the suffix (client, server, login, upstream) is the session logger's.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(200, LogLevel.Information, "client timed out (110: Connection timed out)", EventName = "ClientTimedOut")]
    public static partial void ClientTimedOut(ILogger logger);

    [LoggerMessage(201, LogLevel.Information, "client sent too long command", EventName = "CommandTooLong")]
    public static partial void CommandTooLong(ILogger logger);

    [LoggerMessage(202, LogLevel.Information, "client sent too many invalid commands", EventName = "TooManyErrors")]
    public static partial void TooManyErrors(ILogger logger);

    [LoggerMessage(203, LogLevel.Information, "client sent invalid base64 encoding in AUTH {Mechanism} command", EventName = "InvalidBase64")]
    public static partial void InvalidBase64(ILogger logger, string mechanism);

    [LoggerMessage(204, LogLevel.Information, "client sent invalid login in AUTH {Mechanism} command", EventName = "InvalidLogin")]
    public static partial void InvalidLogin(ILogger logger, string mechanism);

    [LoggerMessage(205, LogLevel.Information, "client sent invalid password in AUTH {Mechanism} command", EventName = "InvalidPassword")]
    public static partial void InvalidPassword(ILogger logger, string mechanism);

    [LoggerMessage(206, LogLevel.Information, "client sent invalid CRAM-MD5 hash in AUTH CRAM-MD5 command", EventName = "InvalidHash")]
    public static partial void InvalidHash(ILogger logger);

    [LoggerMessage(207, LogLevel.Information, "client login failed: \"{Text}\"", EventName = "LoginFailed")]
    public static partial void LoginFailed(ILogger logger, string text);

    [LoggerMessage(208, LogLevel.Information, "client logged in", EventName = "LoggedIn")]
    public static partial void LoggedIn(ILogger logger);

    [LoggerMessage(209, LogLevel.Information, "proxied session done", EventName = "SessionDone")]
    public static partial void SessionDone(ILogger logger);

    [LoggerMessage(210, LogLevel.Information, "shutdown timeout", EventName = "ShutdownTimeout")]
    public static partial void ShutdownTimeout(ILogger logger);

    [LoggerMessage(211, LogLevel.Information, "client was rejected before greeting: \"{Input}\"", EventName = "EarlyTalker")]
    public static partial void EarlyTalker(ILogger logger, string input);

    [LoggerMessage(212, LogLevel.Information, "client was rejected: \"{Input}\"", EventName = "MailRejected")]
    public static partial void MailRejected(ILogger logger, string input);

    [LoggerMessage(213, LogLevel.Information, "{Failure}", EventName = "ClientError")]
    public static partial void ClientError(ILogger logger, string failure);

    [LoggerMessage(214, LogLevel.Information, "client told to come back: shutting down", EventName = "ToldToComeBack")]
    public static partial void ToldToComeBack(ILogger logger);

    [LoggerMessage(215, LogLevel.Information, "client told to come back: \"proxy off\"", EventName = "Maintenance")]
    public static partial void Maintenance(ILogger logger);

    [LoggerMessage(216, LogLevel.Information, "client sent no required SSL certificate", EventName = "NoClientCertificate")]
    public static partial void NoClientCertificate(ILogger logger);

    [LoggerMessage(217, LogLevel.Information, "client SSL certificate verify error: ({Code}:{Error})", EventName = "BadClientCertificate")]
    public static partial void BadClientCertificate(ILogger logger, int code, string error);

    [LoggerMessage(218, LogLevel.Warning, "client sent {Count} bytes behind STARTTLS in plain text, ignored", EventName = "PlainTextDropped")]
    public static partial void PlainTextDropped(ILogger logger, long count);
}
