using MailProxy.Loading;
using MailProxy.Resolving;
using MailProxy.Sessions;
using MailProxy.Tls;
using MailProxy.Upstreams.Groups;
using MailProxy.Upstreams.Health;
using MailProxy.Upstreams.Names;
using MailProxy.Upstreams.Routing;
using Microsoft.AspNetCore.Connections;
using Prometheus;

namespace MailProxy.Tests.Upstreams;

/// <summary>A router as the program makes it, over any connections and clock.</summary>
internal static class TestRouter
{
    public static UpstreamRouter Create(IConnectionFactory connections, UpstreamTls upstreamTls, CollectorRegistry registry, TimeProvider time)
    {
        var prober = new UpstreamProber(connections, upstreamTls, protocol => ((SessionProtocol)protocol).Probe, time);
        return new UpstreamRouter(new UpstreamNames(new DnsClients(time)), prober, new UpstreamMetrics(Metrics.WithCustomRegistry(registry), registry), Features.BuiltIn.Protocols, time);
    }
}
