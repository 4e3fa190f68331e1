using Microsoft.Extensions.Logging;

namespace MailProxy.Upstreams.Groups;

/// <summary>Events 700-799: which servers can be used. 790-794 are nginx's <c>notice</c>.</summary>
internal static partial class RoutingLog
{
    [LoggerMessage(700, LogLevel.Warning, "upstream server {Server} of \"{Upstream}\" temporarily disabled: logins fail there", EventName = "PeerAvoided")]
    public static partial void PeerAvoided(ILogger logger, string server, string upstream);

    [LoggerMessage(701, LogLevel.Warning, "upstream server {Server} of \"{Upstream}\" is unhealthy: {Reason}", EventName = "PeerUnhealthy")]
    public static partial void PeerUnhealthy(ILogger logger, string server, string upstream, string reason);

    [LoggerMessage(702, LogLevel.Error, "\"{Address}\" of upstream \"{Upstream}\" could not be resolved; what was known of it stays", EventName = "NameNotResolved")]
    public static partial void NameNotResolved(ILogger logger, string address, string upstream);

    [LoggerMessage(703, LogLevel.Critical, "the servers of upstream \"{Upstream}\" could not be found out; what was known of them stays", EventName = "RefreshFailed")]
    public static partial void RefreshFailed(ILogger logger, Exception exception, string upstream);

    [LoggerMessage(704, LogLevel.Critical, "the servers of upstream \"{Upstream}\" could not be checked; they will be again", EventName = "CheckFailed")]
    public static partial void CheckFailed(ILogger logger, Exception exception, string upstream);

    [LoggerMessage(790, LogLevel.Information, "upstream server {Server} of \"{Upstream}\" is used again", EventName = "PeerBack")]
    public static partial void PeerBack(ILogger logger, string server, string upstream);

    [LoggerMessage(791, LogLevel.Information, "upstream server {Server} of \"{Upstream}\" is healthy", EventName = "PeerHealthy")]
    public static partial void PeerHealthy(ILogger logger, string server, string upstream);

    [LoggerMessage(792, LogLevel.Information, "upstream \"{Upstream}\" has a new server {Server}", EventName = "PeerAdded")]
    public static partial void PeerAdded(ILogger logger, string server, string upstream);

    [LoggerMessage(793, LogLevel.Information, "upstream \"{Upstream}\" has no server {Server} any more", EventName = "PeerRemoved")]
    public static partial void PeerRemoved(ILogger logger, string server, string upstream);
}
