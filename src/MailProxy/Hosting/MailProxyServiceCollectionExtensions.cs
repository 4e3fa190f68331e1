using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Loading;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Protocols;
using MailProxy.Resolving;
using MailProxy.Sessions;
using MailProxy.Tls;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams.Groups;
using MailProxy.Upstreams.Health;
using MailProxy.Upstreams.Names;
using MailProxy.Upstreams.Routing;
using MailProxy.UserDirectory.Endpoint;
using MailProxy.UserDirectory.Logins;
using MailProxy.UserDirectory.Stores;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MailProxy.Hosting;

/// <summary>Registers the proxy.</summary>
public static class MailProxyServiceCollectionExtensions
{
    /// <summary>
    /// Adds everything that <see cref="MailProxyKestrelExtensions.UseMailProxy"/> and
    /// <see cref="MailProxyEndpointExtensions.MapMailProxy"/> need. Metrics go to prometheus-net's default registry
    /// unless a <see cref="CollectorRegistry"/> is registered.
    /// </summary>
    public static IServiceCollection AddMailProxy(this IServiceCollection services)
    {
        services.TryAddSingleton(MailTransport.Time);
        services.TryAddSingleton(_ => Metrics.DefaultRegistry);
        services.TryAddSingleton<IMetricFactory>(provider => Metrics.WithCustomRegistry(provider.GetRequiredService<CollectorRegistry>()));
        services.AddSingleton<SessionMetricsTable>();
        services.AddSingleton<LoopMetrics>();
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<ScrapedState>();
        services.AddSingleton<CertificateMetrics>();
        services.AddSingleton<LogMetrics>();
        services.AddSingleton<LogSinks>();
        services.AddSingleton<PassdbServices>();

        services.AddSingleton<ListenerSet>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<ListenerSet>());
        services.AddSingleton<HttpListeners>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<HttpListeners>());
        services.AddSingleton<IStartupFilter, HttpRequestsFilter>();
        services.AddSingleton<MailTransport>();
        services.AddSingleton<IConnectionFactory>(provider => provider.GetRequiredService<MailTransport>());
        services.AddSingleton(provider => new AuthHttpClient(provider.GetRequiredService<IConnectionFactory>(), provider.GetRequiredService<TimeProvider>())
        {
            CreateTls = () => provider.GetRequiredService<MailTransport>().Tls.CreateClientContext(new TlsClientOptions()),
        });
        services.AddSingleton<AuthMetrics>();
        services.AddSingleton<LoginDirectory>();
        services.AddSingleton<LoginDecider>();
        services.AddSingleton<InternalAuthenticator>();
        services.AddSingleton<AuthEndpoint>();
        services.AddSingleton<IAuthenticator, Authenticators>();
        services.AddSingleton<UpstreamTls>();
        services.AddSingleton<DnsClients>();
        services.AddSingleton<UpstreamNames>();
        services.AddSingleton<UpstreamProber>();
        services.AddSingleton<UpstreamMetrics>();
        services.AddSingleton<UpstreamRouter>();
        services.AddSingleton<IUpstreamChoice>(provider => provider.GetRequiredService<UpstreamRouter>());
        services.AddSingleton<IClientHostResolver, ClientHostResolver>();
        services.AddSingleton<SessionServices>();
        foreach (var protocol in BuiltInProtocols.Create()) services.AddSingleton(protocol);
        services.AddSingleton<MailProtocols>();
        services.AddSingleton<Func<MailProtocol, IUpstreamProbe>>(static protocol => ((SessionProtocol)protocol).Probe);
        services.AddSingleton<MailConnectionHandler>();
        services.AddSingleton<SessionGenerations>();
        services.AddSingleton<IConnectionAdmission>(provider => provider.GetRequiredService<SessionGenerations>());
        services.AddSingleton<DrainControl>();
        services.AddSingleton<MailProxyRuntime>();
        AddConfigured(services);

        services.AddHealthChecks().AddCheck<ListenerHealthCheck>("listeners").AddCheck<HttpHealthCheck>("http").AddCheck<DrainHealthCheck>("drain").AddCheck<UpstreamHealthCheck>("upstreams").AddCheck<PassdbHealthCheck>("passdb");
        // It would log each failed check at each call. Whoever knows a state logs its change.
        services.Configure<LoggerFilterOptions>(static filters => filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", LogLevel.None, null)));
        return services;
    }

    /// <summary>In the order in which they prepare, and are put in force: who needs another's part stands behind it.</summary>
    private static void AddConfigured(IServiceCollection services)
    {
        services.AddSingleton<IConfigured, LoopsConfigured>();
        services.AddSingleton<IConfigured, TlsConfigured>();
        services.AddSingleton<IConfigured, LogsConfigured>();
        services.AddSingleton<IConfigured, AuthServersConfigured>();
        services.AddSingleton<IConfigured>(provider => provider.GetRequiredService<UpstreamRouter>());
        services.AddSingleton<IConfigured>(provider => provider.GetRequiredService<LoginDirectory>());
        services.AddSingleton<IConfigured>(provider => provider.GetRequiredService<SessionGenerations>());
        services.AddSingleton<IConfigured, SocketsConfigured>();
    }
}
