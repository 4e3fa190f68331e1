using System.Collections.Concurrent;
using MailProxy.Configuration;
using MailProxy.Resolving;
using MailProxy.Tls;
using MailProxy.Upstreams.Groups;
using MailProxy.Upstreams.Names;
using MailProxy.Upstreams.Selectors;

namespace MailProxy.Upstreams.Routing;

/// <summary>The groups of one configuration, and the host names that were asked for under it.</summary>
internal sealed class UpstreamGroupSet
{
    // What an auth server may name is bounded by its mail servers; a broken one must not fill the memory.
    private const int MostHosts = 10_000;

    private readonly ConcurrentDictionary<(UpstreamAddress Address, string Resolver), RoutedGroup> _hosts;
    private readonly Dictionary<string, RoutedGroup> _groups;
    private readonly Func<UpstreamGroup, ResolverOptions, NamedPeers> _name;
    private readonly TimeProvider _time;
    private readonly IMailSelector? _own;

    /// <param name="options">The configuration.</param>
    /// <param name="previous">The set in force: a group that has not changed goes on with what is known of its servers.</param>
    /// <param name="name">Makes what keeps the named servers of a group.</param>
    /// <param name="time">The clock.</param>
    /// <param name="own">The program's own choice among the servers of a group; null where it has none.</param>
    public UpstreamGroupSet(MailProxyOptions options, UpstreamGroupSet? previous, Func<UpstreamGroup, ResolverOptions, NamedPeers> name, TimeProvider time, IMailSelector? own = null)
    {
        _own = own;
        Options = options;
        _name = name;
        _time = time;
        _hosts = previous?._hosts ?? new();
        _groups = options.Upstreams.ToDictionary(group => group.Name, group => Create(group, previous?._groups.GetValueOrDefault(group.Name)), StringComparer.OrdinalIgnoreCase);
    }

    public MailProxyOptions Options { get; }

    /// <summary>The groups that the configuration names.</summary>
    public IReadOnlyCollection<RoutedGroup> Groups => _groups.Values;

    /// <returns>Null for a name without a port that is no group's.</returns>
    public RoutedGroup? Find(UpstreamAddress address, ResolverOptions resolver)
    {
        if (_groups.TryGetValue(address.Host, out var group)) return group;
        var isUnix = address.Host.StartsWith("unix:", StringComparison.OrdinalIgnoreCase);
        if (address.Port is null && !isUnix) return null;
        var key = (address, Signature(resolver));
        if (_hosts.TryGetValue(key, out var host)) return host;
        if (_hosts.Count >= MostHosts) _hosts.Clear();
        return _hosts.GetOrAdd(key, _ => CreateHost(address, isUnix, resolver));
    }

    private RoutedGroup Create(UpstreamGroupOptions options, RoutedGroup? known)
    {
        if (known is not null && Signature(known.Group.Options) == Signature(options)) return known with { Tls = options.ProxyTls, HealthCheck = options.HealthCheck };
        var group = new UpstreamGroup(options, _time, _own);
        // Their name servers may be away just now.
        if (known is not null) group.Peers = [.. group.Peers, .. group.Names.SelectMany(server => Named(server, known.Group))];
        return new RoutedGroup(group, _name(group, options.Resolver), options.ProxyTls, options.HealthCheck);
    }

    private RoutedGroup CreateHost(UpstreamAddress address, bool isUnix, ResolverOptions resolver)
    {
        var server = new UpstreamServerOptions { Address = address, Host = isUnix ? "" : address.Host, Resolve = !isUnix && address.Literal is null };
        var group = new UpstreamGroup(new UpstreamGroupOptions { Name = address.ToString(), Servers = [server] }, _time) { IsNamed = false };
        return new RoutedGroup(group, _name(group, resolver), null, null);
    }

    private static IEnumerable<UpstreamPeer> Named(UpstreamServerOptions server, UpstreamGroup known) =>
        known.Peers.Where(peer => peer.Options.Resolve && peer.Options.Address == server.Address).Select(peer => new UpstreamPeer(server, peer.EndPoint));

    /// <summary>All that makes a group another one.</summary>
    private static string Signature(UpstreamGroupOptions options) => string.Join(
        '\n',
        options.Servers.Select(server => FormattableString.Invariant(
            $"{server.Address} {server.Host} {server.Weight} {server.MaxConns} {server.MaxFails} {server.FailTimeout} {server.Backup} {server.Down} {server.Drain} {server.Resolve}"))
            .Append(FormattableString.Invariant($"{options.Balancing.Method} {options.Balancing.HashKey} {options.Balancing.HashExact} {options.HealthCheck is null}"))
            .Append(Signature(options.Resolver)));

    private static string Signature(ResolverOptions resolver) =>
        FormattableString.Invariant($"{resolver.Valid} {resolver.Ipv4} {resolver.Ipv6} {resolver.Timeout} {string.Join(' ', resolver.Servers)}");
}
