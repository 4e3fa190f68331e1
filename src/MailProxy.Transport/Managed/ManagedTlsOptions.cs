using System.Security.Authentication;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>What of the options <c>SslStream</c> can do. What it cannot is refused: never silence.</summary>
internal static class ManagedTlsOptions
{
    // By number, because the names of the old ones are obsolete.
    public const int Tls10 = 0xC0;
    public const int Tls11 = 0x300;
    public const int Tls12 = (int)SslProtocols.Tls12;
    private const int Tls13 = (int)SslProtocols.Tls13;

    private static readonly TlsServerOptions ServerDefaults = new() { Certificates = [] };
    private static readonly TlsClientOptions ClientDefaults = new();

    /// <exception cref="TlsConfigurationException">There is something that only OpenSSL can do.</exception>
    public static void Check(TlsServerOptions options)
    {
        Refuse(options.Ciphers != ServerDefaults.Ciphers, "ssl_ciphers");
        Refuse(!options.PreferServerCiphers, "ssl_prefer_server_ciphers off");
        Refuse(options.ConfCommands.Count > 0, "ssl_conf_command");
        Refuse(options.DhParam is not null, "ssl_dhparam");
        Refuse(options.EcdhCurve != ServerDefaults.EcdhCurve, "ssl_ecdh_curve");
        foreach (var word in options.SessionCache) Refuse(word.Kind is not (SessionCacheKind.None or SessionCacheKind.Off), $"ssl_session_cache {word}");
        Refuse(options.SessionTimeout != ServerDefaults.SessionTimeout, "ssl_session_timeout");
        Refuse(options.SessionTicketKeys.Count > 0, "ssl_session_ticket_key");
        Refuse(options.Crl is not null, "ssl_crl");
    }

    /// <exception cref="TlsConfigurationException">There is something that only OpenSSL can do.</exception>
    public static void Check(TlsClientOptions options)
    {
        Refuse(options.Ciphers != ClientDefaults.Ciphers, "proxy_ssl_ciphers");
        Refuse(options.Crl is not null, "proxy_ssl_crl");
    }

    /// <summary>The versions; SSLv2 and SSLv3, which no OpenSSL of today has either, are passed over.</summary>
    public static SslProtocols Protocols(IEnumerable<string> names, string directive)
    {
        var protocols = names.Aggregate(0, (all, name) => all | name switch
        {
            "TLSv1" => Tls10,
            "TLSv1.1" => Tls11,
            "TLSv1.2" => Tls12,
            "TLSv1.3" => Tls13,
            _ => 0,
        });
        return protocols != 0 ? (SslProtocols)protocols : throw new TlsConfigurationException($"no version of \"{directive}\" is supported");
    }

    private static void Refuse(bool isUsed, string directive)
    {
        if (isUsed) throw new TlsConfigurationException($"\"{directive}\" needs \"transport linux\"");
    }
}
