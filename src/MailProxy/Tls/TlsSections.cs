using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Tls;

/// <summary>What blocks have of TLS.</summary>
internal static class TlsSections
{
    private const string Upstream = "ProxyTls:";

    public static IReadOnlyList<OptionSection> All { get; } =
    [
        OptionSection.Of<TlsOptions>(OptionScope.Server, "Tls:"),
        OptionSection.Of<ProxyTlsOptions>(OptionScope.Server, Upstream),
        OptionSection.Of<ProxyTlsOptions>(OptionScope.Upstream, Upstream),
    ];

    /// <summary>Whether a block says anything of it itself.</summary>
    public static bool HasUpstreamTls(SettingLevel own) => own.All.Any(pair => pair.Key.StartsWith(Upstream, StringComparison.OrdinalIgnoreCase));

    extension(ServerOptions server)
    {
        /// <summary>Directives <c>starttls</c> and <c>ssl_*</c>.</summary>
        public TlsOptions Tls
        {
            get => server.Of<TlsOptions>();
            set => server.Set(value);
        }

        /// <summary>Directives <c>proxy_ssl*</c>.</summary>
        public ProxyTlsOptions ProxyTls
        {
            get => server.Of<ProxyTlsOptions>();
            set => server.Set(value);
        }
    }

    extension(UpstreamGroupOptions group)
    {
        /// <summary>Directives <c>proxy_ssl*</c> of the block, with what it inherits from <c>mail { }</c>. Null where the block has none: those of the session's server count.</summary>
        public ProxyTlsOptions? ProxyTls
        {
            get => group.Find<ProxyTlsOptions>();
            set => group.Set(value);
        }
    }

    extension(MailProxyOptions options)
    {
        /// <summary>Every set of <c>proxy_ssl*</c> that connections may be made with.</summary>
        public IEnumerable<ProxyTlsOptions> UpstreamTls() =>
            options.Servers.Select(server => server.ProxyTls).Concat(options.Upstreams.Select(group => group.ProxyTls).OfType<ProxyTlsOptions>());
    }
}
