using System.Net;
using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Tests.Configuration;

namespace MailProxy.Tests.Hosting;

public sealed class ListenTableTests
{
    [Fact]
    public void Each_address_has_a_socket_of_its_own()
    {
        var table = Table(["127.0.0.1:143"], ["127.0.0.2:143", "[::1]:143", "unix:/run/imap"]);
        Assert.Equal(["127.0.0.1:143", "127.0.0.2:143", "[::1]:143", "unix:/run/imap"], table.Sockets.Select(socket => socket.Address));
        Assert.Equal(["0", "1", "1", "1"], table.Sockets.Select(socket => table.Find(socket, socket.EndPoint)!.Server.Source));
    }

    [Fact]
    public void Behind_a_wildcard_the_clients_destination_chooses_the_server()
    {
        var table = Table(["0.0.0.0:143"], ["127.0.0.1:143"], ["127.0.0.2:143"], ["[::1]:143"]);
        Assert.Equal(["0.0.0.0:143", "[::1]:143"], table.Sockets.Select(socket => socket.Address));
        Assert.Equal("1", Find(table, "0.0.0.0:143", "127.0.0.1:143"));
        Assert.Equal("2", Find(table, "0.0.0.0:143", "127.0.0.2:143"));
        Assert.Equal("0", Find(table, "0.0.0.0:143", "127.0.0.3:143"));
        Assert.Equal("3", Find(table, "[::1]:143", "[::1]:143"));
    }

    [Fact]
    public void An_address_with_bind_has_its_own_socket_beside_the_wildcard()
    {
        var options = Options(["0.0.0.0:143"], ["127.0.0.1:143"]);
        options.Servers[1].Listen[0].Bind = true;
        Assert.Equal(["0.0.0.0:143", "127.0.0.1:143"], new ListenTable(options).Sockets.Select(socket => socket.Address));
    }

    [Fact]
    public void A_socket_that_a_reload_has_removed_belongs_to_nobody() =>
        Assert.Null(Table(["127.0.0.1:143"]).Find(Table(["127.0.0.1:144"]).Sockets[0], null));

    [Fact]
    public void A_socket_has_the_options_of_its_listen()
    {
        var options = Options(["127.0.0.1:143"]);
        var listen = options.Servers[0].Listen[0];
        (listen.Backlog, listen.Rcvbuf, listen.Sndbuf, listen.SoKeepalive, listen.KeepaliveIdle, listen.KeepaliveInterval, listen.KeepaliveCount, listen.Ipv6Only, listen.Multipath) =
            (7, 1, 2, true, 3, 4, 5, false, true);
        var socket = new ListenTable(options).Sockets[0];
        Assert.Equal((7, 1, 2, true, 3, 4, 5, false, true),
            (socket.Backlog, socket.ReceiveBuffer, socket.SendBuffer, socket.KeepAlive, socket.KeepAliveIdleSeconds, socket.KeepAliveIntervalSeconds, socket.KeepAliveCount, socket.Ipv6Only, socket.Multipath));
    }

    private static string Find(ListenTable table, string socket, string local) =>
        table.Find(table.Sockets.Single(one => one.Address == socket), IPEndPoint.Parse(local))!.Server.Source;

    private static ListenTable Table(params string[][] servers) => new(Options(servers));

    private static MailProxyOptions Options(params string[][] servers) => new()
    {
        Servers = [.. servers.Select((addresses, index) => new ServerOptions
        {
            Source = $"{index}",
            Listen = [.. addresses.Select(address => new MailListenOptions { Address = Values.EndPoint(address) })],
        })],
    };
}
