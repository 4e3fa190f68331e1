using Microsoft.Extensions.Logging;

namespace MailProxy.Upstreams.Dialling;

/// <summary>Events 400-499.</summary>
internal static partial class UpstreamLog
{
    [LoggerMessage(400, LogLevel.Error, "{Failure}", EventName = "UpstreamFailed")]
    public static partial void Failed(ILogger logger, string failure);

    [LoggerMessage(401, LogLevel.Information, "upstream timed out (110: Connection timed out)", EventName = "UpstreamTimedOut")]
    public static partial void TimedOut(ILogger logger);

    [LoggerMessage(402, LogLevel.Error, "upstream sent invalid response: \"{Reply}\"", EventName = "UpstreamRefused")]
    public static partial void InvalidResponse(ILogger logger, string reply);

    [LoggerMessage(403, LogLevel.Information, "upstream sent invalid response: \"{Reply}\"", EventName = "UpstreamRefusalPassed")]
    public static partial void InvalidResponsePassed(ILogger logger, string reply);

    [LoggerMessage(404, LogLevel.Error, "upstream sent too long response line: \"{Reply}\"", EventName = "UpstreamReplyTooLong")]
    public static partial void ReplyTooLong(ILogger logger, string reply);

    [LoggerMessage(405, LogLevel.Error, "no password available", EventName = "NoPassword")]
    public static partial void NoPassword(ILogger logger);

    [LoggerMessage(406, LogLevel.Error, "login or password holds CR, LF or NUL and is not sent to the upstream", EventName = "UnsafeCredentials")]
    public static partial void UnsafeCredentials(ILogger logger);

    [LoggerMessage(407, LogLevel.Warning, "upstream does not offer XCLIENT, it is not told the client's address", EventName = "XclientNotOffered")]
    public static partial void XclientNotOffered(ILogger logger);

    [LoggerMessage(408, LogLevel.Critical, "connect() to {Address} failed ({Error})", EventName = "UpstreamConnectFailedUnusually")]
    public static partial void ConnectFailedUnusually(ILogger logger, string address, string error);

    [LoggerMessage(409, LogLevel.Critical, "bind({Address}) failed ({Error})", EventName = "UpstreamBindFailed")]
    public static partial void BindFailed(ILogger logger, string address, string error);

    [LoggerMessage(410, LogLevel.Error, "{Failure}", EventName = "UpstreamHandshakeFailed")]
    public static partial void HandshakeFailed(ILogger logger, string failure);

    [LoggerMessage(411, LogLevel.Error, "upstream SSL {Failure}", EventName = "UpstreamCertificateRefused")]
    public static partial void CertificateRefused(ILogger logger, string failure);

    [LoggerMessage(412, LogLevel.Error, "upstream refused STARTTLS: \"{Reply}\"", EventName = "UpstreamStarttlsRefused")]
    public static partial void StarttlsRefused(ILogger logger, string reply);

    [LoggerMessage(414, LogLevel.Error, "no live upstreams", EventName = "NoLiveUpstreams")]
    public static partial void NoLiveUpstreams(ILogger logger);

    [LoggerMessage(415, LogLevel.Error, "no upstream \"{Upstream}\" is defined", EventName = "UnknownUpstream")]
    public static partial void UnknownUpstream(ILogger logger, string upstream);

    [LoggerMessage(416, LogLevel.Error, "upstream {Missing}, the password is not sent", EventName = "LoginNotOffered")]
    public static partial void LoginNotOffered(ILogger logger, string missing);

    [LoggerMessage(413, LogLevel.Error, "upstream sent data behind its answer to STARTTLS", EventName = "UpstreamStarttlsInjection")]
    public static partial void StarttlsInjection(ILogger logger);
}
