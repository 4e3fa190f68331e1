using System.Net;
using System.Net.Sockets;
using MailProxy.Resolving;
using MailProxy.Upstreams.Groups;
using Microsoft.Extensions.Logging;

namespace MailProxy.Upstreams.Names;

/// <summary>
/// Keeps the servers of a group that are named by <c>resolve</c>: whoever needs the group asks for them, and once the answer
/// is too old the name servers are asked again. Nothing runs while nobody needs it. An answer that fails changes nothing, and
/// whatever fails is tried again.
/// </summary>
internal sealed class NamedPeers(UpstreamGroup group, ResolverOptions resolver, UpstreamNames names, TimeProvider time, Func<ILogger> log)
{
    // With old servers at hand nobody waits long for new ones; without any, there is nothing else to do.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _expires = long.MinValue;
    private long _began;
    private bool _hasFailed;
    private Task? _refreshing;

    /// <summary>Sees to it that the group's servers are those of now. May go on elsewhere than it began.</summary>
    public ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        TimeSpan patience;
        if (Begin() is not { } refreshing) return ValueTask.CompletedTask;
        lock (_gate)
        {
            patience = group.Peers.Count == 0 ? resolver.Timeout : _hasFailed ? TimeSpan.Zero : LongestWait - time.GetElapsedTime(_began);
        }

        return patience > TimeSpan.Zero ? WaitAsync(refreshing, patience, cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>The same without waiting for it.</summary>
    /// <returns>What goes on until they are; null where they are. It never fails.</returns>
    public Task? Begin()
    {
        if (group.Names.Count == 0) return null;
        lock (_gate)
        {
            if (_refreshing is not null || time.GetTimestamp() < _expires) return _refreshing;
            _began = time.GetTimestamp();
            return _refreshing = Task.Run(RefreshAsync, CancellationToken.None);
        }
    }

    private async ValueTask WaitAsync(Task refreshing, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await refreshing.WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What is known has to do.
        }
    }

    private async Task RefreshAsync()
    {
        var resolved = new ResolvedName?[group.Names.Count];
        try
        {
            resolved = await Task.WhenAll(group.Names.Select(ResolveAsync));
            var peers = group.Peers.Where(peer => !peer.Options.Resolve).ToList();
            for (var i = 0; i < resolved.Length; i++) peers.AddRange(PeersOf(group.Names[i], resolved[i]));
            if (!peers.SequenceEqual(group.Peers)) Change(peers);
        }
        catch (Exception exception)
        {
            RoutingLog.RefreshFailed(log(), exception, group.Name);
        }
        finally
        {
            // Whatever happened, the next one asks again.
            lock (_gate)
            {
                _hasFailed = resolved.Contains(null);
                var timeToLive = resolved.Min(found => found?.TimeToLive ?? AfterFailure);
                _expires = time.GetTimestamp() + (long)(timeToLive.TotalSeconds * time.TimestampFrequency);
                _refreshing = null;
            }
        }
    }

    private async Task<ResolvedName?> ResolveAsync(UpstreamServerOptions server)
    {
        using var limit = new CancellationTokenSource(resolver.Timeout, time);
        var resolved = await names.ResolveAsync(resolver, server.Address.Host, limit.Token);
        if (resolved is null) RoutingLog.NameNotResolved(log(), server.Address.ToString(), group.Name);
        return resolved;
    }

    private IEnumerable<UpstreamPeer> PeersOf(UpstreamServerOptions server, ResolvedName? resolved)
    {
        var known = group.Peers.Where(peer => peer.Options == server);
        if (resolved is not { } found) return known;
        return known.Where(peer => found.Unknown.Contains(peer.EndPoint.AddressFamily))
            .Concat(found.Addresses.Select(address => Keep(server, new IPEndPoint(address, server.Address.Port!.Value))))
            .OrderBy(peer => peer.EndPoint.AddressFamily == AddressFamily.InterNetworkV6);
    }

    private void Change(List<UpstreamPeer> peers)
    {
        var known = group.Peers;
        group.Peers = peers;
        foreach (var peer in peers.Except(known)) RoutingLog.PeerAdded(log(), peer.Name, group.Name);
        foreach (var peer in known.Except(peers)) RoutingLog.PeerRemoved(log(), peer.Name, group.Name);
    }

    private UpstreamPeer Keep(UpstreamServerOptions server, IPEndPoint endPoint) =>
        group.Peers.FirstOrDefault(peer => peer.Options == server && peer.EndPoint.Equals(endPoint)) ?? new UpstreamPeer(server, endPoint);
}
