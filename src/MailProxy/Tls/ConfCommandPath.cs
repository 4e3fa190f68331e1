using MailProxy.Configuration.Binding;

namespace MailProxy.Tls;

/// <summary>Commands of OpenSSL's SSL_CONF whose value is a file, a directory or a store: as SSL_CONF_cmd_value_type has them, which nginx asks.</summary>
internal static class ConfCommandPath
{
    /// <summary>The option that holds the commands.</summary>
    public const string Option = "Tls:ConfCommand";

    // As in a file of OpenSSL's, case does not count.
    private static readonly HashSet<string> Names = new(
        [
            "Certificate", "PrivateKey", "ServerInfoFile", "DHParameters",
            "ChainCAFile", "VerifyCAFile", "RequestCAFile", "ClientCAFile",
            "ChainCAPath", "VerifyCAPath", "RequestCAPath", "ClientCAPath",
            "ChainCAStore", "VerifyCAStore", "RequestCAStore", "ClientCAStore",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a command's value is a path.</summary>
    public static bool IsNamedBy(string command) => Names.Contains(command);

    /// <summary>The value of a command: a path in full, beside the main configuration file; anything else, and a store's URI, as it is.</summary>
    public static string Read(string command, string value, LoadContext context) =>
        value.Length > 0 && IsNamedBy(command) && !IsUri(command, value) ? context.BesideConf(value) : value;

    private static bool IsUri(string command, string value) => command.EndsWith("Store", StringComparison.OrdinalIgnoreCase) && value.Contains(':', StringComparison.Ordinal);
}
