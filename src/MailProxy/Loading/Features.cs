using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Protocols;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.Loading;

/// <summary>What a configuration may speak of.</summary>
/// <param name="protocols">The protocols that there are.</param>
internal sealed class Features(MailProtocols protocols)
{
    /// <summary>All that comes with the program.</summary>
    public static Features BuiltIn { get; } = new(new MailProtocols(BuiltInProtocols.Create()));

    public MailProtocols Protocols => protocols;

    /// <summary>Every option and directive.</summary>
    public OptionSchema Schema { get; } = new(
        [
            OptionSection.Block<MailProxyOptions>(OptionScope.Main),
            OptionSection.Block<ServerOptions>(OptionScope.Server),
            OptionSection.Block<UpstreamGroupOptions>(OptionScope.Upstream),
            .. ListeningSections.All,
            .. LogSections.All,
            .. ResolverSections.All,
            .. AuthHttpSections.All,
            .. TlsSections.All,
            .. BalancingSections.All,
            .. DirectorySections.All,
            .. protocols.All.SelectMany(protocol => protocol.Options),
        ],
        DirectivesWithoutEffect.All);
}
