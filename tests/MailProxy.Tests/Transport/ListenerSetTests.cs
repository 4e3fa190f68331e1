using System.Net;
using System.Net.Sockets;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Transport;

public sealed class ListenerSetTests
{
    private static readonly TimeSpan Deadline = RelayedSockets.Deadline;
    private static readonly ListenSocket V6 = new() { EndPoint = RelayedSockets.Address(AddressFamily.InterNetworkV6) };

    // The same for all of one test: a socket is kept where it is asked for again.
    private readonly ListenSocket _v4 = new() { EndPoint = OwnAddress.NextEndPoint() };

    private static ListenSocket Unix => new() { EndPoint = RelayedSockets.Address(AddressFamily.Unix) };

    [Fact]
    public async Task Every_socket_of_the_set_is_served_and_http_stays_with_the_stock_transport()
    {
        await using var host = await EchoHost.StartAsync(_v4, V6, Unix);
        for (var index = 0; index < 3; index++)
        {
            using var client = await host.OpenAsync(index);
            await EchoHost.EchoesAsync(client);
        }

        using var http = new HttpClient { Timeout = Deadline };
        Assert.Equal("http", await http.GetStringAsync(host.HttpUrl));
        await host.StopAsync();
    }

    [Fact]
    public async Task Sockets_come_and_go_while_sessions_live_on()
    {
        await using var host = await EchoHost.StartAsync(_v4);
        using var first = await host.OpenAsync(0);
        var v4 = host.Listeners.LocalEndPoints[0];

        await host.Listeners.ApplyAsync([V6, _v4]);
        Assert.Equal(v4, host.Listeners.LocalEndPoints[1]);              // kept, not opened anew
        using var second = await host.OpenAsync(0);
        using var third = await host.OpenAsync(1);

        await host.Listeners.ApplyAsync([V6]);
        await Assert.ThrowsAnyAsync<SocketException>(() => EchoHost.ConnectAsync(v4));
        using var fourth = await host.OpenAsync(0);
        foreach (var client in new[] { first, second, third, fourth }) await EchoHost.EchoesAsync(client);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_failure_leaves_everything_as_it_was()
    {
        var time = new FakeTimeProvider();
        await using var host = new EchoHost(time);
        await host.Listeners.ApplyAsync([_v4]);
        await host.StartAsync();
        var v4 = host.Listeners.LocalEndPoints[0];
        using var session = await host.OpenAsync(0);
        using var other = Occupy();
        var unix = Unix;
        var tries = new List<string>();
        host.Listeners.BindFailed += exception => tries.Add(exception.Message);

        var applying = host.Listeners.ApplyAsync([unix, new ListenSocket { EndPoint = other.LocalEndPoint! }]);
        var error = await Assert.ThrowsAsync<ListenException>(() => PassAsync(time, applying));

        Assert.Equal(("still could not bind()", other.LocalEndPoint!.ToString(), 98), (error.Message, error.Address, error.Errno));
        Assert.Equal(Enumerable.Repeat($"bind() to {other.LocalEndPoint} failed (98: Address already in use)", 5), tries);
        Assert.Equal([v4], host.Listeners.LocalEndPoints);
        Assert.False(File.Exists(unix.EndPoint.ToString()));
        await EchoHost.EchoesAsync(session);
        using var next = await host.OpenAsync(0);
        await host.StopAsync();
    }

    [Fact]
    public async Task An_address_that_becomes_free_in_time_is_taken()
    {
        var time = new FakeTimeProvider();
        using var listeners = Make(time);
        var other = Occupy();
        var tries = 0;
        listeners.BindFailed += _ =>
        {
            if (++tries == 2) other.Dispose();
        };
        var endPoint = other.LocalEndPoint!;
        await PassAsync(time, listeners.ApplyAsync([new ListenSocket { EndPoint = endPoint }]));
        Assert.Equal(2, tries);
        Assert.Equal([endPoint], listeners.LocalEndPoints);
    }

    [Fact]
    public async Task Waiting_for_an_address_can_be_cancelled()
    {
        using var listeners = Make(new FakeTimeProvider());
        using var other = Occupy();
        using var cancel = new CancellationTokenSource();
        var applying = listeners.ApplyAsync([_v4, new ListenSocket { EndPoint = other.LocalEndPoint! }], cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => applying.WaitAsync(Deadline));
        Assert.Empty(listeners.LocalEndPoints);
    }

    [Fact]
    public async Task Unbinding_closes_the_sockets_for_good_and_no_session()
    {
        await using var host = await EchoHost.StartAsync(_v4, Unix);
        using var session = await host.OpenAsync(0);
        var endPoints = host.Listeners.LocalEndPoints;
        host.Listeners.Unbind();
        foreach (var endPoint in endPoints) await Assert.ThrowsAnyAsync<SocketException>(() => EchoHost.ConnectAsync(endPoint));
        await host.Listeners.ApplyAsync([_v4]);
        Assert.Empty(host.Listeners.LocalEndPoints);
        await EchoHost.EchoesAsync(session);
        await host.StopAsync();
    }

    [Fact]
    public async Task Kestrel_stops_accepting_only_when_it_unbinds()
    {
        using var listeners = Make();
        await listeners.ApplyAsync([_v4]);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint());
        var accepting = kestrel.AcceptAsync().AsTask();
        listeners.Unbind();
        await listeners.ApplyAsync([]);
        Assert.False(accepting.IsCompleted);
        await kestrel.UnbindAsync();
        Assert.Null(await accepting.WaitAsync(Deadline));
    }

    [Fact]
    public async Task It_stands_behind_its_own_endpoint_once()
    {
        using var listeners = Make();
        Assert.True(listeners.CanBind(new ListenerSetEndPoint()));
        Assert.False(listeners.CanBind(new IPEndPoint(IPAddress.Loopback, 0)));
        await listeners.BindAsync(new ListenerSetEndPoint());
        await Assert.ThrowsAsync<InvalidOperationException>(() => listeners.BindAsync(new ListenerSetEndPoint()).AsTask());
    }

    [Fact]
    public async Task No_connection_is_lost_while_kestrel_is_slow()
    {
        using var listeners = Make();
        await listeners.ApplyAsync([_v4, V6]);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint());
        var clients = new List<Socket>();
        for (var index = 0; index < 300; index++) clients.Add(await EchoHost.ConnectAsync(listeners.LocalEndPoints[index % 2]));

        var seen = new HashSet<EndPoint>();
        while (seen.Count < 300)
        {
            await using var connection = await kestrel.AcceptAsync().AsTask().WaitAsync(Deadline);
            seen.Add(connection!.RemoteEndPoint!);
        }

        Assert.Equal(clients.Select(client => client.LocalEndPoint!).ToHashSet(), seen);
        foreach (var client in clients) client.Dispose();
    }

    [Fact]
    public async Task Connections_that_kestrel_never_took_are_reset_when_it_unbinds()
    {
        using var listeners = Make();
        await listeners.ApplyAsync([_v4]);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint());
        var clients = new List<Socket>();
        for (var index = 0; index < 100; index++) clients.Add(await EchoHost.ConnectAsync(listeners.LocalEndPoints[0]));
        await kestrel.UnbindAsync();
        foreach (var client in clients)
        {
            await Assert.ThrowsAnyAsync<SocketException>(() => client.ReceiveAsync(new byte[1]).WaitAsync(Deadline));
            client.Dispose();
        }
    }

    [Fact]
    public async Task Running_out_of_descriptors_is_told_once_and_survived()
    {
        var time = new FakeTimeProvider();
        var full = true;
        var tries = 0;
        using var listeners = new ListenerSet(time, NullLoggerFactory.Instance)
        {
            Accept = socket =>
            {
                Interlocked.Increment(ref tries);
                return Volatile.Read(ref full) ? throw new SocketException((int)SocketError.TooManyOpenSockets) : socket.AcceptAsync(CancellationToken.None);
            },
        };
        var told = new List<ListenException>();
        listeners.AcceptFailed += told.Add;
        await listeners.ApplyAsync([_v4]);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint());
        using var client = await EchoHost.ConnectAsync(listeners.LocalEndPoints[0]);
        var accepting = kestrel.AcceptAsync().AsTask();
        while (Volatile.Read(ref tries) < 5)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        Assert.False(accepting.IsCompleted);
        Volatile.Write(ref full, false);
        await PassAsync(time, accepting);
        await using var connection = await accepting;
        Assert.Equal(client.LocalEndPoint, connection!.RemoteEndPoint);
        var error = Assert.Single(told);
        Assert.Equal(("accept() failed (24: Too many open files)", "24: Too many open files", _v4.EndPoint.ToString()!), (error.Message, error.Error, error.Address));
    }

    [Fact]
    public async Task Clients_wait_in_the_kernel_while_few_descriptors_are_left()
    {
        var time = new FakeTimeProvider();
        var limit = 8;                                     // every descriptor is one of the last
        using var listeners = new ListenerSet(time, NullLoggerFactory.Instance) { Descriptors = new DescriptorReserve(() => Volatile.Read(ref limit)) };
        var told = new List<string>();
        listeners.AcceptFailed += exception => told.Add(exception.Message);
        await listeners.ApplyAsync([_v4]);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint());
        using var first = await EchoHost.ConnectAsync(listeners.LocalEndPoints[0]);
        using var second = await EchoHost.ConnectAsync(listeners.LocalEndPoints[0]);
        await using (var connection = await kestrel.AcceptAsync().AsTask().WaitAsync(Deadline)) Assert.Equal(first.LocalEndPoint, connection!.RemoteEndPoint);
        var accepting = kestrel.AcceptAsync().AsTask();
        for (var pause = 0; pause < 10; pause++)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        Assert.False(accepting.IsCompleted);
        Volatile.Write(ref limit, int.MaxValue);
        await PassAsync(time, accepting);
        await using (var connection = await accepting) Assert.Equal(second.LocalEndPoint, connection!.RemoteEndPoint);
        Assert.Equal(["accept() failed (24: Too many open files)"], told);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_cannot_hold_up_the_close()
    {
        var time = new FakeTimeProvider();
        using var listeners = Make(time);
        await listeners.ApplyAsync([_v4 with { SendBuffer = 16 * 1024 }]);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint());
        using var client = await EchoHost.ConnectAsync(listeners.LocalEndPoints[0]);
        client.ReceiveBufferSize = 4096;
        var connection = (await kestrel.AcceptAsync().AsTask().WaitAsync(Deadline))!;

        // Until the connection and the kernel hold all that they can: nothing has gone for a second.
        Task flush;
        var writes = 0;
        do
        {
            Assert.InRange(++writes, 1, 1000);
            flush = connection.Transport.Output.WriteAsync(new byte[16 * 1024]).AsTask();
            await Task.WhenAny(flush, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }
        while (flush.IsCompleted);

        connection.Transport.Output.CancelPendingFlush();
        await flush.WaitAsync(Deadline);

        var closing = connection.DisposeAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(closing.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await closing.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Accepted_connections_have_the_sockets_options()
    {
        using var listeners = Make();
        await listeners.ApplyAsync([_v4 with { KeepAlive = true, KeepAliveIdleSeconds = 1800, KeepAliveIntervalSeconds = 77, KeepAliveCount = 9, ReceiveBuffer = 16_000, SendBuffer = 24_000 }]);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint());
        using var client = await EchoHost.ConnectAsync(listeners.LocalEndPoints[0]);
        await using (var connection = await kestrel.AcceptAsync().AsTask().WaitAsync(Deadline)) AssertOptions(connection!, 1800, 77, 9, 16_000, 24_000);

        // Those of a socket that is kept change.
        await listeners.ApplyAsync([_v4 with { KeepAlive = true, KeepAliveIdleSeconds = 60, KeepAliveIntervalSeconds = 10, KeepAliveCount = 3, ReceiveBuffer = 32_000, SendBuffer = 48_000 }]);
        using var next = await EchoHost.ConnectAsync(listeners.LocalEndPoints[0]);
        await using (var connection = await kestrel.AcceptAsync().AsTask().WaitAsync(Deadline))
        {
            AssertOptions(connection!, 60, 10, 3, 32_000, 48_000);
            Assert.Equal(3, connection!.Features.Get<IListenSocketFeature>()!.Socket.KeepAliveCount);
        }
    }

    private static void AssertOptions(ConnectionContext connection, int idle, int interval, int count, int receive, int send)
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
        Assert.True(socket.NoDelay);
        Assert.Equal(1, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(idle, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
        Assert.Equal(interval, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
        Assert.Equal(count, socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
        Assert.Equal(2 * receive, socket.ReceiveBufferSize);            // Linux doubles what it is told
        Assert.Equal(2 * send, socket.SendBufferSize);
    }

    private static ListenerSet Make(TimeProvider? time = null) => new(time ?? TimeProvider.System, NullLoggerFactory.Instance);

    /// <summary>Somebody else's listener.</summary>
    private static Socket Occupy()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(OwnAddress.NextEndPoint());
        socket.Listen();
        return socket;
    }

    /// <summary>Turns the clock until the task is done.</summary>
    private static async Task PassAsync(FakeTimeProvider time, Task task)
    {
        using var cancel = new CancellationTokenSource(Deadline);
        while (!task.IsCompleted)
        {
            cancel.Token.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        await task;
    }
}
