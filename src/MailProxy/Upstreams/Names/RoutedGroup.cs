using MailProxy.Tls;
using MailProxy.Upstreams.Groups;

namespace MailProxy.Upstreams.Names;

/// <summary>A group as one configuration has it. The group itself, with what is known of its servers, may be older.</summary>
/// <param name="Group">The servers.</param>
/// <param name="Names">Keeps those that are named by <c>resolve</c>.</param>
/// <param name="Tls">TLS towards them; null: as the session's server has it.</param>
/// <param name="HealthCheck">How they are tried; null where they are not.</param>
internal sealed record RoutedGroup(UpstreamGroup Group, NamedPeers Names, ProxyTlsOptions? Tls, HealthCheckOptions? HealthCheck);
