using System.Diagnostics.CodeAnalysis;
using System.Net;
using MailProxy.Authentication;
using MailProxy.Protocols.Imap;
using MailProxy.Protocols.Pop3;
using MailProxy.Protocols.Smtp;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Configuration.Binding;

/// <summary>
/// Every option by its key. Attributes and reflection, yet safe to trim: the types are named here one by one, and nothing
/// is found by following a property's type.
/// </summary>
internal static class OptionSchema
{
    /// <summary>The options of the main context and <c>events { }</c>, whose keys are directly below <c>Mail</c>.</summary>
    public static IReadOnlyDictionary<string, OptionProperty> Main { get; } = ByPath(Section<MailProxyOptions>("", root => root));

    /// <summary>The options of a server, whose keys are below <c>Mail:Servers:n</c>, or below <c>Mail</c> for every server.</summary>
    public static IReadOnlyDictionary<string, OptionProperty> Server { get; } = ByPath(
    [
        .. Section<ServerOptions>("", root => root),
        .. Section<ResolverOptions>("Resolver:", root => ((ServerOptions)root).Resolver),
        .. Section<AuthHttpOptions>("AuthHttp:", root => ((ServerOptions)root).AuthHttp),
        .. Section<TlsOptions>("Tls:", root => ((ServerOptions)root).Tls),
        .. Section<ProxyOptions>("Proxy:", root => ((ServerOptions)root).Proxy),
        .. Section<ProxyTlsOptions>("ProxyTls:", root => ((ServerOptions)root).ProxyTls),
        .. Section<ImapOptions>("Imap:", root => ((ServerOptions)root).Imap),
        .. Section<Pop3Options>("Pop3:", root => ((ServerOptions)root).Pop3),
        .. Section<SmtpOptions>("Smtp:", root => ((ServerOptions)root).Smtp),
    ]);

    /// <summary>The options of an <c>upstream</c>, whose keys are below <c>Mail:Upstreams:n</c>.</summary>
    public static IReadOnlyDictionary<string, OptionProperty> Upstream { get; } = ByPath(
    [
        .. Section<UpstreamGroupOptions>("", root => root),
        .. Section<HealthCheckOptions>("HealthCheck:", root => ((UpstreamGroupOptions)root).HealthCheck ??= new()),
        .. Section<ResolverOptions>("Resolver:", root => ((UpstreamGroupOptions)root).Resolver),
        .. Section<ProxyTlsOptions>("ProxyTls:", root => ((UpstreamGroupOptions)root).ProxyTls ??= new()),
    ]);

    /// <summary>The properties that hold values; those that hold a section of their own are not among them.</summary>
    private static IEnumerable<OptionProperty> Section<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string prefix, Func<object, object> owner) =>
        from property in typeof(T).GetProperties()
        let type = property.PropertyType
        where property.CanWrite && (type.IsValueType || type == typeof(string) || type == typeof(IPEndPoint) || type == typeof(UpstreamAddress) || OptionList.Of(type) is not null)
        select new OptionProperty(prefix + property.Name, property, owner);

    private static Dictionary<string, OptionProperty> ByPath(IEnumerable<OptionProperty> properties) =>
        properties.ToDictionary(property => property.Path, StringComparer.OrdinalIgnoreCase);
}
