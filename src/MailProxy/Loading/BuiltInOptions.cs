using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.Loading;

/// <summary>What the features that are here may be told.</summary>
internal static class BuiltInOptions
{
    /// <summary>Every option and directive.</summary>
    public static OptionSchema Schema { get; } = new(
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
            .. ImapSections.All,
            .. Pop3Sections.All,
            .. SmtpSections.All,
        ],
        DirectivesWithoutEffect.All);
}
