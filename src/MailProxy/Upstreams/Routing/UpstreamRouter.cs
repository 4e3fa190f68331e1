using System.Net;
using System.Runtime.CompilerServices;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Protocols;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams.Groups;
using MailProxy.Upstreams.Health;
using MailProxy.Upstreams.Names;
using MailProxy.Upstreams.Selectors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailProxy.Upstreams.Routing;

/// <summary>Finds the servers behind the name of a group or host, for the sessions of each configuration, and keeps trying those of the one in force.</summary>
internal sealed class UpstreamRouter(UpstreamNames names, UpstreamProber prober, UpstreamMetrics metrics, MailProtocols protocols, TimeProvider time, IMailSelector? own = null) : IConfigured, IUpstreamChoice, IDisposable
{
    private readonly ConditionalWeakTable<ServerOptions, UpstreamGroupSet> _sets = [];
    private List<HealthCheckLoop> _checks = [];
    private UpstreamGroupSet? _current;
    private ILogger _log = NullLogger.Instance;

    public UpstreamMetrics Metrics => metrics;

    /// <summary>The groups of the configuration in force.</summary>
    public IReadOnlyCollection<RoutedGroup> Groups => _current?.Groups ?? [];

    /// <inheritdoc/>
    public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        var set = Prepare(preparation.Options);
        return ValueTask.FromResult<IPrepared>(new Prepared<UpstreamGroupSet>(set, commit: () => PutInForce(set, preparation.Of<ErrorLogSet>().Process)));
    }

    /// <summary>Makes the groups of a configuration that may be put in force.</summary>
    public UpstreamGroupSet Prepare(MailProxyOptions options)
    {
        var set = new UpstreamGroupSet(options, _current, (group, resolver) => new NamedPeers(group, resolver, names, time, () => _log), time, own);
        foreach (var server in options.Servers) _sets.AddOrUpdate(server, set);
        return set;
    }

    /// <summary>Tries the servers of these groups from now on, and those of no others.</summary>
    /// <param name="set">What <see cref="Prepare"/> made.</param>
    /// <param name="log">The process's log.</param>
    public void PutInForce(UpstreamGroupSet set, ILogger log)
    {
        var old = _checks;
        _log = log;
        _current = set;
        metrics.Groups = [.. set.Groups.Select(routed => routed.Group)];
        foreach (var routed in set.Groups) routed.Group.Changed = (peer, change) => Log(routed.Group, peer, change);
        foreach (var routed in set.Groups) routed.Names.Begin();
        _checks = [.. set.Groups.Where(routed => routed.HealthCheck is not null).Select(routed => new HealthCheckLoop(routed, routed.HealthCheck!, prober, SettingsOf(routed, set.Options), time, log))];
        foreach (var loop in old) loop.Dispose();
    }

    /// <summary>The group that a session of this server is to go to. May go on elsewhere than it began.</summary>
    /// <returns>Null where no group has the name.</returns>
    public async ValueTask<RoutedGroup?> FindAsync(ServerOptions server, UpstreamAddress address, CancellationToken cancellationToken)
    {
        if (!_sets.TryGetValue(server, out var set)) throw new InvalidOperationException("This server's configuration was not prepared.");
        var routed = set.Find(address, server.Resolver);
        if (routed is not null) await routed.Names.RefreshAsync(cancellationToken);
        return routed;
    }

    /// <inheritdoc/>
    public async ValueTask<IPEndPoint?> ChooseAsync(UpstreamAddress address, byte[] login, IPAddress? client, CancellationToken cancellationToken)
    {
        if (address.Literal is { } literal) return literal;
        if (_current is not { } set || set.Find(address, set.Options.Servers.FirstOrDefault()?.Resolver ?? new ResolverOptions()) is not { } routed) return null;
        await routed.Names.RefreshAsync(cancellationToken);
        if (routed.Group.Take(routed.Group.KeyOf(login, client), []) is not { } peer) return null;
        // Whoever asked connects there himself, and does not say when his session ends.
        peer.Release();
        metrics.Picked(routed.Group, peer);
        return peer.EndPoint as IPEndPoint;
    }

    public void Dispose()
    {
        foreach (var loop in _checks) loop.Dispose();
    }

    /// <summary>As the first server that passes sessions to the group, else the first of the protocol.</summary>
    private ProbeSettings SettingsOf(RoutedGroup routed, MailProxyOptions options)
    {
        var group = routed.Group.Options;
        var user = options.Servers.FirstOrDefault(server => server.Proxy.Pass?.Host == group.Name);
        var written = protocols.Find(routed.HealthCheck!.Protocol) ?? protocols.Find(user?.Protocol ?? "");
        var protocol = written ?? protocols.OfPort(group.Servers.FirstOrDefault()?.Address.EndPoint) ?? protocols.All[0];
        var server = user ?? options.Servers.FirstOrDefault(server => server.Protocol == protocol.Name) ?? new ServerOptions { ServerName = Dns.GetHostName() };
        return new ProbeSettings(protocol, server, routed.Tls ?? server.ProxyTls);
    }

    private void Log(UpstreamGroup group, UpstreamPeer peer, UpstreamChange change)
    {
        switch (change)
        {
            case UpstreamChange.Avoided: RoutingLog.PeerAvoided(_log, peer.Name, group.Name); break;
            case UpstreamChange.Back: RoutingLog.PeerBack(_log, peer.Name, group.Name); break;
            case UpstreamChange.Unhealthy: RoutingLog.PeerUnhealthy(_log, peer.Name, group.Name, peer.Problem ?? ""); break;
            default: RoutingLog.PeerHealthy(_log, peer.Name, group.Name); break;
        }
    }
}
