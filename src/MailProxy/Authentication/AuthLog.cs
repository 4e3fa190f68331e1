using Microsoft.Extensions.Logging;

namespace MailProxy.Authentication;

/// <summary>Event ids 300-399. The texts are nginx's, so that what watches its log watches ours.</summary>
internal static partial class AuthLog
{
    [LoggerMessage(300, LogLevel.Error, "recv() failed ({Errno}: {Error})", EventName = "AuthReceiveFailed")]
    public static partial void ReceiveFailed(ILogger logger, int errno, string error);

    [LoggerMessage(301, LogLevel.Error, "connect() to {Address} failed ({Errno}: {Error})", EventName = "AuthConnectFailed")]
    public static partial void ConnectFailed(ILogger logger, string address, int errno, string error);

    [LoggerMessage(302, LogLevel.Critical, "connect() to {Address} failed ({Errno}: {Error})", EventName = "AuthConnectFailedUnusually")]
    public static partial void ConnectFailedUnusually(ILogger logger, string address, int errno, string error);

    [LoggerMessage(303, LogLevel.Error, "auth http server {Address} timed out (110: Connection timed out)", EventName = "AuthTimedOut")]
    public static partial void TimedOut(ILogger logger, string address);

    [LoggerMessage(304, LogLevel.Error, "auth http server {Address} sent invalid response", EventName = "AuthInvalidResponse")]
    public static partial void InvalidResponse(ILogger logger, string address);

    [LoggerMessage(305, LogLevel.Error, "auth http server {Address} sent invalid header in response", EventName = "AuthInvalidHeader")]
    public static partial void InvalidHeader(ILogger logger, string address);

    [LoggerMessage(306, LogLevel.Error, "auth http server {Address} did not send server or port", EventName = "AuthNoServerOrPort")]
    public static partial void NoServerOrPort(ILogger logger, string address);

    [LoggerMessage(307, LogLevel.Error, "auth http server {Address} did not send password", EventName = "AuthNoPassword")]
    public static partial void NoPassword(ILogger logger, string address);

    [LoggerMessage(308, LogLevel.Error, "auth http server {Address} sent invalid server address:\"{Server}\"", EventName = "AuthInvalidServer")]
    public static partial void InvalidServer(ILogger logger, string address, string server);

    [LoggerMessage(309, LogLevel.Error, "auth http server {Address} sent invalid server port:\"{Port}\"", EventName = "AuthInvalidPort")]
    public static partial void InvalidPort(ILogger logger, string address, string port);

    [LoggerMessage(310, LogLevel.Error, "auth http request not sent: {Header} would carry a CR, LF or NUL", EventName = "AuthRequestRefused")]
    public static partial void RequestRefused(ILogger logger, string header);

    [LoggerMessage(311, LogLevel.Error, "{Reason}", EventName = "AuthHostNotFound")]
    public static partial void HostNotFound(ILogger logger, string reason);

    [LoggerMessage(312, LogLevel.Error, "SSL handshake with auth http server {Address} failed: {Reason}", EventName = "AuthHandshakeFailed")]
    public static partial void HandshakeFailed(ILogger logger, string address, string reason);

    [LoggerMessage(313, LogLevel.Debug, "auth http server {Address} closed the connection early", EventName = "AuthClosedEarly")]
    public static partial void ClosedEarly(ILogger logger, string address);

    [LoggerMessage(314, LogLevel.Debug, "auth http server {Address} sent too long header section", EventName = "AuthTooLong")]
    public static partial void TooLong(ILogger logger, string address);

    [LoggerMessage(315, LogLevel.Error, "{Reason}", EventName = "AuthInvalidUrl")]
    public static partial void InvalidUrl(ILogger logger, string reason);

    [LoggerMessage(316, LogLevel.Error, "auth http server {Address} sent invalid proxy SSL mode:\"{Mode}\"", EventName = "AuthInvalidProxySsl")]
    public static partial void InvalidProxySsl(ILogger logger, string address, string mode);

    [LoggerMessage(317, LogLevel.Warning, "auth http server {Address} gave no usable answer, asking {Next}", EventName = "AuthAsksNext")]
    public static partial void AsksNext(ILogger logger, string address, string next);

    [LoggerMessage(318, LogLevel.Error, "auth http server {Address} sent invalid encoding of {Header}", EventName = "AuthInvalidEncoding")]
    public static partial void InvalidEncoding(ILogger logger, string address, string header);

    [LoggerMessage(319, LogLevel.Debug, "auth http answer taken from the cache", EventName = "AuthCached")]
    public static partial void Cached(ILogger logger);

    [LoggerMessage(320, LogLevel.Error, "authenticator {Name} failed", EventName = "OwnAuthenticatorFailed")]
    public static partial void OwnFailed(ILogger logger, string name, Exception exception);
}
