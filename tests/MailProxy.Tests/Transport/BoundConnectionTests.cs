using System.Net;
using System.Net.Sockets;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Managed;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Transport;

/// <summary>Connections from a local address that was asked for, on both transports.</summary>
[Collection(Stress.Name)]
public sealed class BoundConnectionTests
{
    [Theory]
    [InlineData(true, "127.0.0.2")]
    [InlineData(false, "127.0.0.2")]
    [InlineData(true, "::1")]
    [InlineData(false, "::1")]
    public async Task The_server_sees_the_address(bool onLoop, string local)
    {
        var from = IPAddress.Parse(local);
        using var listener = Listen(from.AddressFamily);
        using var transport = new Connector(onLoop);
        await using var connection = await transport.ConnectAsync(listener.LocalEndPoint!, new IPEndPoint(from, 0));
        using var server = await listener.AcceptAsync().WaitAsync(RelayedSockets.Deadline);
        Assert.Equal(from, ((IPEndPoint)server.RemoteEndPoint!).Address);
        Assert.Equal(server.RemoteEndPoint, connection.LocalEndPoint);
        Assert.Equal(listener.LocalEndPoint, connection.RemoteEndPoint);
        await server.SayAsync("hello");
        Assert.Equal(5, (await connection.Transport.Input.ReadAtLeastAsync(5).AsTask().WaitAsync(RelayedSockets.Deadline)).Buffer.Length);
        connection.Transport.Input.AdvanceTo(default);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_server_sees_the_port(bool onLoop)
    {
        using var listener = Listen(AddressFamily.InterNetwork);
        var from = new IPEndPoint(OwnAddress.Next(), ((IPEndPoint)listener.LocalEndPoint!).Port);
        using var transport = new Connector(onLoop);
        await using var connection = await transport.ConnectAsync(listener.LocalEndPoint!, from);
        using var server = await listener.AcceptAsync().WaitAsync(RelayedSockets.Deadline);
        Assert.Equal(from, server.RemoteEndPoint);
    }

    [Theory]
    [InlineData(true, AddressFamily.InterNetwork, "203.0.113.1", 99)]
    [InlineData(false, AddressFamily.InterNetwork, "203.0.113.1", 99)]
    [InlineData(true, AddressFamily.InterNetwork, "::1", 97)]
    [InlineData(false, AddressFamily.InterNetwork, "::1", 97)]
    [InlineData(true, AddressFamily.InterNetworkV6, "127.0.0.2", 22)]
    [InlineData(false, AddressFamily.InterNetworkV6, "127.0.0.2", 22)]
    public async Task An_address_that_cannot_be_had_is_named_and_nothing_is_left_open(bool onLoop, AddressFamily family, string local, int errno)
    {
        using var listener = Listen(family);
        using var transport = new Connector(onLoop);
        var from = new IPEndPoint(IPAddress.Parse(local), 0);
        await TryAsync();                   // .NET opens what its sockets need once
        var descriptors = ProcessDescriptors.Open();
        for (var i = 0; i < 100; i++) await TryAsync();
        Assert.Empty(ProcessDescriptors.OpenBeyond(descriptors));
        await using var connection = await transport.ConnectAsync(listener.LocalEndPoint!, (IPEndPoint)RelayedSockets.Address(family));

        async Task TryAsync()
        {
            var error = await Assert.ThrowsAsync<BindException>(() => transport.ConnectAsync(listener.LocalEndPoint!, from));
            Assert.Equal((from, errno), (error.Local, error.NativeErrorCode));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refused_connection_is_no_failure_of_the_address(bool onLoop)
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(RelayedSockets.Address(AddressFamily.InterNetwork));                  // and does not listen
        var endPoint = silent.LocalEndPoint!;
        using var transport = new Connector(onLoop);
        var error = await Assert.ThrowsAnyAsync<SocketException>(() => transport.ConnectAsync(endPoint, new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)));
        Assert.Equal((typeof(SocketException), 111), (error.GetType(), error.NativeErrorCode));
    }

    private static Socket Listen(AddressFamily family)
    {
        var listener = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(RelayedSockets.Address(family));
        listener.Listen();
        return listener;
    }

    private sealed class Connector(bool onLoop) : IDisposable
    {
        private readonly EpollTransport? _loops = onLoop ? new EpollTransport(1, TimeProvider.System, new LoopWatchdog(TimeSpan.MaxValue, _ => { })) : null;

        public Task<ConnectionContext> ConnectAsync(EndPoint remote, IPEndPoint local) =>
            ((IConnectionFactory?)_loops ?? new ManagedConnectionFactory()).ConnectAsync(new BoundEndPoint(remote, local)).AsTask().WaitAsync(RelayedSockets.Deadline);

        public void Dispose() => _loops?.Dispose();
    }
}
