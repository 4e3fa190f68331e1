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
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MailProxy.Hosting;

/// <summary>Registers the proxy.</summary>
public static class MailProxyServiceCollectionExtensions
{
    /// <summary>
    /// Makes the proxy a part of this program: it serves mail from before Kestrel accepts until the host stops, and then lets sessions
    /// end for as long as <see cref="HostOptions.ShutdownTimeout"/> says. Metrics go to prometheus-net's default registry.
    /// The program's own endpoints are on ASP.NET's <c>Urls</c> or <c>HTTP_PORTS</c>, by default http://127.0.0.1:9143.
    /// <c>RunAsync</c> and <c>StartAsync</c> fail with a <see cref="StartupException"/> where the configuration cannot be had.
    /// </summary>
    /// <param name="services">The program's services.</param>
    /// <param name="confPath">The configuration file; a relative name starts at the content root. <c>Mail:…</c> keys of the program's configuration win over it.</param>
    public static IServiceCollection AddMailProxy(this IServiceCollection services, string confPath) => services.Serve(confPath, null);

    /// <summary>The same by <c>Mail:…</c> keys alone, of <c>appsettings.json</c>, the environment, or wherever a configuration comes from.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="configuration">Has the section <c>Mail</c> with its <c>Servers</c>.</param>
    public static IServiceCollection AddMailProxy(this IServiceCollection services, IConfiguration configuration) => services.Serve(null, configuration);

    /// <summary>
    /// Adds everything that <see cref="MailProxyKestrelExtensions.UseMailProxy"/> and
    /// <see cref="MailProxyEndpointExtensions.MapMailProxy"/> need. Metrics go to prometheus-net's default registry
    /// unless a <see cref="CollectorRegistry"/> is registered.
    /// </summary>
    internal static IServiceCollection AddMailProxy(this IServiceCollection services)
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
        services.AddSingleton<Authenticators>();
        services.AddSingleton<IAuthenticator>(static provider => provider.GetService<IMailAuthenticator>() is { } own ? new OwnAuthenticator(own) : provider.GetRequiredService<Authenticators>());
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

    private static IServiceCollection Serve(this IServiceCollection services, string? confPath, IConfiguration? configuration)
    {
        services.AddMailProxy();
        services.AddSingleton(provider =>
        {
            var root = provider.GetRequiredService<IHostEnvironment>().ContentRootPath;
            return new ConfigurationRequest(confPath is null ? null : Path.GetFullPath(confPath, root), root, null, configuration ?? provider.GetRequiredService<IConfiguration>());
        });
        services.AddHostedService<MailProxyService>();
        // After Kestrel's own setup, which brings the services that it needs.
        services.PostConfigure<KestrelServerOptions>(static kestrel => kestrel.UseMailProxy());
        return services;
    }
}
