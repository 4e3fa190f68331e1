using System.Net;
using System.Net.Sockets;

namespace MailProxy.Diagnostics;

/// <summary>What <c>error_log syslog:…</c> says.</summary>
/// <param name="Server">Where packets go.</param>
/// <param name="Facility">The facility's number; by default local7.</param>
/// <param name="Severity">The severity of every packet; null takes the line's own level.</param>
/// <param name="Tag">The program's name in the packet.</param>
/// <param name="HostPart">The host's name and a space; empty with <c>nohostname</c>.</param>
internal sealed record SyslogTarget(EndPoint Server, int Facility, int? Severity, string Tag, string HostPart)
{
    public const string Prefix = "syslog:";

    private const int DefaultPort = 514;
    private const int LongestTag = 32;

    private static readonly string[] Facilities =
    [
        "kern", "user", "mail", "daemon", "auth", "intern", "lpr", "news", "uucp", "clock", "authpriv", "ftp",
        "ntp", "audit", "alert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];

    private static readonly string[] Severities = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

    /// <summary>Reads <c>syslog:server=address[:port]|unix:/path[,facility=…][,severity=…][,tag=…][,nohostname]</c>. A host name is resolved.</summary>
    /// <exception cref="FormatException">It is not of that form; the message is nginx's.</exception>
    public static SyslogTarget Parse(string target)
    {
        var result = new SyslogTarget(new IPEndPoint(IPAddress.None, 0), Facilities.Length - 1, null, "mailproxy", Environment.MachineName + " ");
        var hasServer = false;
        foreach (var parameter in target[Prefix.Length..].Split(','))
        {
            var (name, value) = parameter.IndexOf('=') is var at and >= 0 ? (parameter[..at], parameter[(at + 1)..]) : (parameter, "");
            result = name switch
            {
                "server" => result with { Server = ParseServer(value) },
                "facility" => result with { Facility = IndexOf(Facilities, value, "facility") },
                "severity" => result with { Severity = IndexOf(Severities, value, "severity") },
                "tag" => result with { Tag = ParseTag(value) },
                "nohostname" => result with { HostPart = "" },
                _ => throw new FormatException($"unknown syslog parameter \"{parameter}\""),
            };
            hasServer |= name == "server";
        }

        return hasServer ? result : throw new FormatException("no syslog server specified");
    }

    private static EndPoint ParseServer(string server)
    {
        if (server.StartsWith("unix:", StringComparison.Ordinal)) return new UnixDomainSocketEndPoint(server["unix:".Length..]);
        if (IPAddress.TryParse(server.Trim('[', ']'), out var address)) return new IPEndPoint(address, DefaultPort);
        if (IPEndPoint.TryParse(server, out var endPoint)) return endPoint;
        var colon = server.LastIndexOf(':');
        var (host, port) = colon < 0 ? (server, DefaultPort) : (server[..colon], int.TryParse(server[(colon + 1)..], out var number) ? number : -1);
        if (port is < 1 or > 65535) throw new FormatException($"invalid port in syslog server \"{server}\"");
        try
        {
            return new IPEndPoint(Dns.GetHostAddresses(host)[0], port);
        }
        catch (SocketException)
        {
            throw new FormatException($"host not found in syslog server \"{server}\"");
        }
    }

    private static string ParseTag(string tag)
    {
        if (tag.Length > LongestTag) throw new FormatException("syslog tag length exceeds 32");
        var isWord = tag.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        return isWord && tag.Length > 0 ? tag : throw new FormatException("syslog \"tag\" only allows alphanumeric characters and underscore");
    }

    private static int IndexOf(string[] words, string word, string what)
    {
        var index = Array.IndexOf(words, word);
        return index >= 0 ? index : throw new FormatException($"unknown syslog {what} \"{word}\"");
    }
}
