using System.Net;
using System.Net.Sockets;
using MailProxy.Configuration;
using MailProxy.Transport.Sockets;

namespace MailProxy.Listening;

/// <summary>
/// The sockets that a configuration needs, and which <c>server</c> a connection belongs to. A port with a wildcard has
/// one socket; the server is then chosen by the address that the client connected to, as in nginx.
/// </summary>
internal sealed class ListenTable
{
    private readonly Dictionary<EndPoint, SocketServers> _sockets = [];

    public ListenTable(MailProxyOptions options)
    {
        var addresses = options.Servers.SelectMany(server =>
        {
            var trusted = new TrustedPeers(server.SetRealIpFrom);
            return server.Listen.Select(listen => new ListenAddress(listen.Address, server, listen, trusted));
        }).ToList();
        foreach (var port in addresses.Where(address => address.EndPoint is IPEndPoint).GroupBy(address => PortOf((IPEndPoint)address.EndPoint))) AddPort([.. port]);
        foreach (var unix in addresses.Where(address => address.EndPoint is not IPEndPoint)) Add(unix, []);
    }

    public IReadOnlyList<ListenSocket> Sockets => [.. _sockets.Values.Select(socket => socket.Socket)];

    /// <summary>The <c>listen</c> that a connection came in by; null where a reload has just removed it.</summary>
    /// <param name="socket">The socket that accepted it.</param>
    /// <param name="local">The address that the client connected to.</param>
    public ListenAddress? Find(ListenSocket socket, EndPoint? local)
    {
        if (!_sockets.TryGetValue(socket.EndPoint, out var servers)) return null;
        return local is not null && servers.Exact.TryGetValue(local, out var exact) ? exact : servers.Default;
    }

    private void AddPort(List<ListenAddress> addresses)
    {
        var wildcard = addresses.Find(address => ListenSocket.IsWildcard(address.EndPoint));
        var behindWildcard = wildcard is null ? [] : addresses.Where(address => address != wildcard && !address.Listen.Bind).ToList();
        foreach (var address in addresses.Except(behindWildcard)) Add(address, address == wildcard ? behindWildcard : []);
    }

    private void Add(ListenAddress address, List<ListenAddress> behind)
    {
        var listen = address.Listen;
        var socket = new ListenSocket
        {
            EndPoint = address.EndPoint,
            Backlog = listen.Backlog,
            ReceiveBuffer = listen.Rcvbuf,
            SendBuffer = listen.Sndbuf,
            Ipv6Only = listen.Ipv6Only,
            KeepAlive = listen.SoKeepalive,
            KeepAliveIdleSeconds = listen.KeepaliveIdle,
            KeepAliveIntervalSeconds = listen.KeepaliveInterval,
            KeepAliveCount = listen.KeepaliveCount,
            Multipath = listen.Multipath,
        };
        _sockets[address.EndPoint] = new SocketServers(socket, address, behind.ToDictionary(other => other.EndPoint));
    }

    private static (AddressFamily Family, int Port) PortOf(IPEndPoint endPoint) => (endPoint.AddressFamily, endPoint.Port);

    private sealed record SocketServers(ListenSocket Socket, ListenAddress Default, Dictionary<EndPoint, ListenAddress> Exact);
}

/// <summary>One address of a <c>listen</c>, with the server that it belongs to.</summary>
internal sealed record ListenAddress(EndPoint EndPoint, ServerOptions Server, MailListenOptions Listen, TrustedPeers TrustedPeers);
