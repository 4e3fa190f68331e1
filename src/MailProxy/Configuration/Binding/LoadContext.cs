using System.Net;
using System.Net.Sockets;

namespace MailProxy.Configuration.Binding;

/// <summary>Asks the system resolver for every address of a name; none when it is not known.</summary>
internal delegate IReadOnlyList<IPAddress> HostLookup(string name);

/// <summary>What values are read against: the directories of relative names, and the machine's names.</summary>
/// <param name="ConfDirectory">The directory of the main configuration file.</param>
/// <param name="Prefix">The directory for log and pid files.</param>
/// <param name="Lookup">How host names are resolved.</param>
internal sealed record LoadContext(string ConfDirectory, string Prefix, HostLookup Lookup)
{
    /// <summary>Whether <c>user</c> can be honoured.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>The names of the protocols that there are.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>The sizes of shared zones. Each source of a configuration has its own.</summary>
    public Dictionary<string, int> ZoneSizes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The full name of a file that is named in the configuration, written as nginx writes it.</summary>
    public string BesideConf(string file) => Full(ConfDirectory, file);

    /// <summary>The full name of a log or pid file.</summary>
    public string BelowPrefix(string file) => Full(Prefix, file);

    /// <summary>The system resolver.</summary>
    public static IReadOnlyList<IPAddress> SystemLookup(string name)
    {
        // An empty name would be this machine's own.
        if (name.Length == 0) return [];
        try
        {
            return [.. Dns.GetHostAddresses(name).Distinct()];
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            return [];
        }
    }

    private static string Full(string directory, string file) => file.StartsWith('/') ? file : $"{directory.TrimEnd('/')}/{file}";
}
