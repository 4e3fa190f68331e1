using MailProxy.Configuration;
using MailProxy.Configuration.Binding;

namespace MailProxy.Upstreams;

/// <summary>What blocks have of upstreams.</summary>
internal static class BalancingSections
{
    /// <summary>What the keys of <c>health_check</c> begin with.</summary>
    public const string HealthCheckPrefix = "HealthCheck:";

    public static IReadOnlyList<OptionSection> All { get; } =
    [
        OptionSection.Of<ProxyOptions>(OptionScope.Server, "Proxy:"),
        OptionSection.Of<BalancingOptions>(OptionScope.Upstream),
        OptionSection.Of<HealthCheckOptions>(OptionScope.Upstream, HealthCheckPrefix),
    ];

    extension(ServerOptions server)
    {
        /// <summary>Directives <c>proxy*</c>.</summary>
        public ProxyOptions Proxy
        {
            get => server.Of<ProxyOptions>();
            set => server.Set(value);
        }
    }

    extension(UpstreamGroupOptions group)
    {
        /// <summary>The servers, and how one is chosen.</summary>
        public BalancingOptions Balancing
        {
            get => group.Of<BalancingOptions>();
            set => group.Set(value);
        }

        public IList<UpstreamServerOptions> Servers
        {
            get => group.Balancing.Servers;
            set => group.Balancing.Servers = value;
        }

        /// <summary>Directive <c>health_check</c>. Null: servers are judged by the logins that fail only.</summary>
        public HealthCheckOptions? HealthCheck
        {
            get => group.Find<HealthCheckOptions>();
            set => group.Set(value);
        }
    }
}
