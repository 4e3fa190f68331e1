using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Logins;

/// <summary>Events 730-749: logins that this process decides on itself.</summary>
internal static partial class LoginLog
{
    [LoggerMessage(730, LogLevel.Error, "user \"{Login}\" logs in by {Method}, and passdb has no password of his for the upstream: set \"pass=\", or store a {{PLAIN}} one", EventName = "LoginNoPassword")]
    public static partial void NoPassword(ILogger logger, string login, string method);

    [LoggerMessage(731, LogLevel.Information, "user \"{Login}\" may not log in by his certificate: {Reason}", EventName = "LoginNotCertified")]
    public static partial void NotCertified(ILogger logger, string login, string reason);

    [LoggerMessage(732, LogLevel.Error, "user \"{Login}\" has no server: set \"upstream=\" or \"host=\" in passdb, or \"proxy_pass\"", EventName = "LoginNoServer")]
    public static partial void NoServer(ILogger logger, string login);

    [LoggerMessage(733, LogLevel.Error, "user \"{Login}\" has no server: set \"upstream=\" or \"host=\" in passdb", EventName = "EndpointNoServer")]
    public static partial void EndpointNoServer(ILogger logger, string login);

    [LoggerMessage(734, LogLevel.Error, "no server of \"{Upstream}\" can be used now, or there is none of that name, while user \"{Login}\" logs in", EventName = "EndpointNoUpstream")]
    public static partial void EndpointNoUpstream(ILogger logger, string upstream, string login);

    [LoggerMessage(735, LogLevel.Error, "what passdb says of user \"{Login}\" does not fit a header: {Header} begins or ends with a space, or has a control byte", EventName = "EndpointBadValue")]
    public static partial void EndpointBadValue(ILogger logger, string login, string header);

    [LoggerMessage(736, LogLevel.Warning, "{Peer} may not ask at /auth: it does not send auth_endpoint_key as X-Auth-Key, or there is none and it is not loopback", EventName = "EndpointForbidden")]
    public static partial void EndpointForbidden(ILogger logger, string peer);

    [LoggerMessage(737, LogLevel.Error, "{Peer} asks at /auth in a way that is not understood: {Reason}", EventName = "EndpointBadRequest")]
    public static partial void EndpointBadRequest(ILogger logger, string peer, string reason);

    [LoggerMessage(738, LogLevel.Information, "/auth: {Protocol} login of \"{Login}\" by {Method}, client {Client}: {Result}", EventName = "EndpointAnswered")]
    public static partial void EndpointAnswered(ILogger logger, string protocol, string login, string method, string client, string result);

    [LoggerMessage(740, LogLevel.Error, "any password of user \"{Login}\" would send mail: passdb checks none, and who asks at /auth does not say that it logs in at the upstream: there set \"proxy_smtp_auth on\" and \"auth_http_header X-Auth-SMTP yes\"", EventName = "EndpointUnchecked")]
    public static partial void EndpointUnchecked(ILogger logger, string login);

    [LoggerMessage(739, LogLevel.Error, "no authentication by {Method} without \"auth_http\": the upstream of \"proxy_pass\" would need the password", EventName = "LoginNotPassedOn")]
    public static partial void NotPassedOn(ILogger logger, string method);
}
