using System.Globalization;
using System.Net;
using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.Routing;

/// <summary>
/// Keeps the servers of a group that are named by <c>resolve</c>: whoever needs the group asks for them, and once the answer
/// is too old the name servers are asked again. Nothing runs while nobody logs in. An answer that fails changes nothing.
/// </summary>
internal sealed class NamedPeers(UpstreamGroup group, ResolverOptions resolver, UpstreamNames names, TimeProvider time, Func<ILogger> log)
{
    // With old servers at hand nobody waits long for new ones; without any, there is nothing else to do.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private long _expires = long.MinValue;
    private Task? _refreshing;

    /// <summary>Sees to it that the group's servers are those of now. May go on elsewhere than it began.</summary>
    public ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        if (group.Names.Count == 0) return ValueTask.CompletedTask;
        Task refreshing;
        lock (_gate)
        {
            if (time.GetTimestamp() < _expires) return ValueTask.CompletedTask;
            refreshing = _refreshing ??= Task.Run(RefreshAsync, CancellationToken.None);
        }

        return WaitAsync(refreshing, cancellationToken);
    }

    private async ValueTask WaitAsync(Task refreshing, CancellationToken cancellationToken)
    {
        try
        {
            await refreshing.WaitAsync(group.Peers.Count > 0 ? LongestWait : resolver.Timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What is known has to do.
        }
    }

    private async Task RefreshAsync()
    {
        var least = TimeSpan.MaxValue;
        var peers = group.Peers.Where(peer => !peer.Options.Resolve).ToList();
        foreach (var server in group.Names)
        {
            var colon = server.Address.LastIndexOf(':');
            var port = int.Parse(server.Address.AsSpan(colon + 1), CultureInfo.InvariantCulture);
            using var limit = new CancellationTokenSource(resolver.Timeout, time);
            var resolved = await ResolveAsync(server.Address[..colon], limit.Token);
            if (resolved is null) RoutingLog.NameNotResolved(log(), server.Address, group.Name);
            peers.AddRange(resolved is { } found ? found.Addresses.Select(address => Keep(server, new IPEndPoint(address, port))) : group.Peers.Where(peer => peer.Options == server));
            var timeToLive = resolved?.TimeToLive ?? AfterFailure;
            if (timeToLive < least) least = timeToLive;
        }

        if (!peers.SequenceEqual(group.Peers)) Change(peers);
        lock (_gate)
        {
            _expires = time.GetTimestamp() + (long)(least.TotalSeconds * time.TimestampFrequency);
            _refreshing = null;
        }
    }

    private async ValueTask<ResolvedName?> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await names.ResolveAsync(resolver, host, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
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
