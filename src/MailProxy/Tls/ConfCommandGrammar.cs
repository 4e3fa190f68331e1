using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;

namespace MailProxy.Tls;

/// <summary>Commands of OpenSSL's SSL_CONF, of whose values some are files, directories or stores: as SSL_CONF_cmd_value_type has them, which nginx asks.</summary>
internal sealed class ConfCommandGrammar : PairGrammar
{
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

    /// <summary>A path in full, beside the main configuration file; anything else, and a store's URI, as it is.</summary>
    protected override NameValueOptions Complete(NameValueOptions pair, LoadContext context)
    {
        if (pair.Value.Length > 0 && IsNamedBy(pair.Name) && !IsUri(pair.Name, pair.Value)) pair.Value = context.BesideConf(pair.Value);
        return pair;
    }

    private static bool IsUri(string command, string value) => command.EndsWith("Store", StringComparison.OrdinalIgnoreCase) && value.Contains(':', StringComparison.Ordinal);
}
