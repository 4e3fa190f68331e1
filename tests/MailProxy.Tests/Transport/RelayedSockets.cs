using System.Net;
using System.Net.Sockets;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Managed;
using MailProxy.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailProxy.Tests.Transport;

/// <summary>A client and an upstream, each a plain socket, with a relay between them over the transport's own connections.</summary>
internal sealed class RelayedSockets : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static readonly RelayOptions Options = new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), 4096, 4096);

    private readonly EpollTransport? _transport;
    private readonly ListenerSet _listeners;
    private readonly CancellationTokenSource _stop = new();

    private RelayedSockets(EpollTransport? transport, ListenerSet listeners, Socket client, ConnectionContext fromClient, Socket upstream, ConnectionContext toUpstream)
    {
        _transport = transport;
        _listeners = listeners;
        Client = client;
        FromClient = fromClient;
        Upstream = upstream;
        ToUpstream = toUpstream;
    }

    /// <summary>The client's own end.</summary>
    public Socket Client { get; }

    /// <summary>The proxy's end towards the client.</summary>
    public ConnectionContext FromClient { get; }

    /// <summary>The upstream's own end.</summary>
    public Socket Upstream { get; }

    /// <summary>The proxy's end towards the upstream.</summary>
    public ConnectionContext ToUpstream { get; }

    /// <summary>The loop of the proxy's ends, where they have one.</summary>
    public EventLoop? Loop => _transport?.Loops[0];

    /// <param name="family">What the four sockets are.</param>
    /// <param name="time">The relay's clock.</param>
    /// <param name="buffer">SO_RCVBUF and SO_SNDBUF of every socket, where given.</param>
    /// <param name="onLoop">Whether the proxy's ends live on an epoll loop.</param>
    public static async Task<RelayedSockets> ConnectAsync(AddressFamily family = AddressFamily.InterNetwork, TimeProvider? time = null, int? buffer = null, bool onLoop = false)
    {
        using var cancel = new CancellationTokenSource(Deadline);
        time ??= TimeProvider.System;
        var transport = onLoop ? new EpollTransport(1, time, new LoopWatchdog(TimeSpan.MaxValue, _ => { })) : null;
        var listeners = new ListenerSet(time, NullLoggerFactory.Instance);
        if (transport is not null) listeners.AcceptOn(transport);
        await listeners.ApplyAsync([new ListenSocket { EndPoint = Address(family), ReceiveBuffer = buffer, SendBuffer = buffer }], cancel.Token);
        var kestrel = await listeners.BindAsync(new ListenerSetEndPoint(), cancel.Token);
        var accepting = AcceptAsync(kestrel, cancel.Token);
        var client = Create(family, buffer);
        await client.ConnectAsync(listeners.LocalEndPoints[0], cancel.Token);
        var fromClient = await accepting;

        using var listener = Create(family, buffer);
        listener.Bind(Address(family));
        listener.Listen();
        var connections = (IConnectionFactory?)transport ?? new ManagedConnectionFactory();
        var toUpstream = await connections.ConnectAsync(listener.LocalEndPoint!, cancel.Token);
        return new RelayedSockets(transport, listeners, client, fromClient, await listener.AcceptAsync(cancel.Token), toUpstream);
    }

    public async Task<RelayResult> RelayAsync(RelayOptions? options = null)
    {
        var relay = OnLoopAsync(() => FromClient.Features.Get<IRelayFeature>()!.RelayAsync(ToUpstream, options ?? Options, _stop.Token).AsTask());
        var result = await relay.WaitAsync(Deadline);
        await Task.Yield();                    // a test is not to go on inside the loop that it will end
        return result;
    }

    /// <summary>Relays random bytes both ways at once until the upstream ends, and looks at each that arrives.</summary>
    public async Task CarryBothWaysAsync(long size, RelayOptions? options = null)
    {
        var relay = RelayAsync(options);
        var up = Client.SendRandomAsync(size, 1);
        var down = Upstream.SendRandomAsync(size, 2);
        var atUpstream = Upstream.ReceiveRandomAsync(3, size);
        var atClient = Client.ReceiveRandomAsync(4, size);
        Assert.Equal((size, await up), await atUpstream);
        Assert.Equal((size, await down), await atClient);
        Upstream.Dispose();
        Assert.Equal(new RelayResult(RelayEnd.UpstreamClosed, size, size), await relay);
    }

    /// <summary>Lets the loop, if there is one, see what the clock says now.</summary>
    public Task TurnAsync() => OnLoopAsync(() => Task.FromResult(true));

    /// <summary>Does it on the loop, where there is one.</summary>
    public Task<T> OnLoopAsync<T>(Func<Task<T>> action)
    {
        if (Loop is null) return action();
        // The test goes on elsewhere: it disposes of the loop in the end.
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(_ => _ = RunAsync(), null);
        return done.Task;

        async Task RunAsync()
        {
            try
            {
                done.SetResult(await action());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        }
    }

    public void Stop() => _stop.Cancel();

    /// <summary>Closes as a session does: the upstream first, then the client.</summary>
    public async Task CloseAsync()
    {
        await ToUpstream.DisposeAsync().AsTask().WaitAsync(Deadline);
        await FromClient.DisposeAsync().AsTask().WaitAsync(Deadline);
        await Task.Yield();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Upstream.Dispose();
        await CloseAsync();
        _listeners.Dispose();
        _transport?.Dispose();
        _stop.Dispose();
    }

    public static EndPoint Address(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Loopback, 0),
        AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.IPv6Loopback, 0),
        _ => new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"mp-{Guid.NewGuid():N}.sock")),
    };

    private static async Task<ConnectionContext> AcceptAsync(IConnectionListener listener, CancellationToken cancellationToken)
    {
        var connection = (await listener.AcceptAsync(cancellationToken))!;
        if (connection.Features.Get<IConnectionEntryFeature>() is { } entry) Assert.True(await entry.EnterAsync());
        return connection;
    }

    private static Socket Create(AddressFamily family, int? buffer)
    {
        var socket = new Socket(family, SocketType.Stream, family == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        if (buffer is { } bytes) (socket.ReceiveBufferSize, socket.SendBufferSize) = (bytes, bytes);
        return socket;
    }
}
