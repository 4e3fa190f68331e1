using System.Net;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Observing.Logs;

/// <summary>What <c>syslog:…</c> of an <c>error_log</c> or <c>access_log</c> says.</summary>
/// <param name="Server">Where packets go.</param>
/// <param name="Facility">The facility's number; by default local7.</param>
/// <param name="Tag">The program's name in the packet; by default <c>mailproxy</c>.</param>
/// <param name="HostPart">The host's name and a space; empty with <c>nohostname</c>.</param>
internal sealed record SyslogTarget(EndPoint Server, int Facility, string Tag, string HostPart)
{
    public const string Prefix = "syslog:";

    private const int DefaultPort = 514;

    // A facility's number is its place.
    private static readonly string[] Facilities =
    [
        "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv", "ftp",
        "ntp", "audit", "alert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];

    /// <summary>
    /// Reads <c>syslog:server=address[:port]|unix:/path[,facility=…][,severity=…][,tag=…][,nohostname]</c>, which the
    /// configuration has checked. A host name is resolved. <c>severity</c> is, as in nginx, without effect here: each line has its own.
    /// </summary>
    /// <exception cref="ErrorLogException">The server's name is not known; the message is nginx's.</exception>
    public static SyslogTarget Parse(string target)
    {
        var parameters = target[Prefix.Length..].Split(',').Select(parameter => parameter.Split('=', 2)).ToLookup(pair => pair[0], pair => pair[^1]);
        var facility = Array.IndexOf(Facilities, parameters["facility"].FirstOrDefault());
        return new SyslogTarget(
            ParseServer(parameters["server"].FirstOrDefault() ?? ""),
            facility >= 0 ? facility : Facilities.Length - 1,
            parameters["tag"].FirstOrDefault() ?? "mailproxy",
            parameters.Contains("nohostname") ? "" : Dns.GetHostName() + " ");
    }

    /// <summary>The <c>severity</c> of a target, for lines that have no level of their own; <c>info</c> where it names none.</summary>
    public static ErrorLogLevel SeverityOf(string target) =>
        target.StartsWith(Prefix, StringComparison.Ordinal)
        && Array.Find(target[Prefix.Length..].Split(','), parameter => parameter.StartsWith("severity=", StringComparison.Ordinal)) is { } severity
        && Enum.TryParse(severity["severity=".Length..], ignoreCase: true, out ErrorLogLevel level) ? level : ErrorLogLevel.Info;

    private static EndPoint ParseServer(string server)
    {
        var addresses = new List<EndPoint>();
        var isUnix = NetAddress.IsUnix(server);
        var reason = isUnix ? NetAddress.ReadUnix(server, addresses) : NetAddress.ReadPeer(server, DefaultPort, LoadContext.SystemLookup, addresses);
        if (reason is not null) throw new ErrorLogException($"{reason} in syslog server \"{server}\"");
        return addresses[0];
    }
}
