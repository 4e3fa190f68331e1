using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Linux.Relay;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>A session that moves as much as it can, and one with small commands, on the same loop.</summary>
[Collection(Stress.Name)]
public sealed class RelayFairnessTests
{
    private const int Megabyte = 1024 * 1024;
    private const int Commands = 50;

    // Three turns of a relay: one that is put off, and one for an event of either of its sockets. A turn is a full read
    // and four full pipes, and what the turn before could not deliver.
    private const long MostBetween = 3 * (64 * 1024 + 5 * PipePool.PipeSize);

    private static readonly TimeSpan Deadline = RelayedSockets.Deadline;

    [Fact]
    public async Task A_bulk_transfer_does_not_come_before_a_small_command_for_long()
    {
        using var upstreams = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        upstreams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        upstreams.Listen();
        var relays = new ConcurrentQueue<DescriptorRelay>();
        EpollTransport? transport = null;
        await using var server = await EpollServer.StartAsync(connection => RelayAsync(connection, transport!, upstreams.LocalEndPoint!, relays));
        transport = server.Transport;
        var loop = transport.Loops[0];

        using var bulkClient = await server.ConnectAsync();
        using var bulkUpstream = await upstreams.AcceptAsync();
        using var client = await server.ConnectAsync();
        using var upstream = await upstreams.AcceptAsync();
        var stop = new CancellationTokenSource(Deadline);
        var (sending, receiving) = (Forever(() => bulkUpstream.Send(Pattern.At(0, 0, 100_000).Span)), Forever(() => bulkClient.Receive(new byte[256 * 1024])));
        while (relays.Count < 2 || ToClient(relays.First()).Bytes < Megabyte) await Task.Yield();

        var moved = new List<long>();
        var (bulk, small) = (ToClient(relays.First()), ToUpstream(relays.Last()));
        for (var i = 0; i < Commands; i++)
        {
            moved.Add(await new Probe(loop, client, bulk, small).RunAsync().WaitAsync(Deadline));
            await upstream.ExpectAsync("NOOP\r\n");
        }

        bulkUpstream.Dispose();
        await Task.WhenAll(sending, receiving).WaitAsync(Deadline);
        TestContext.Current.TestOutputHelper?.WriteLine($"median {moved.Order().ElementAt(Commands / 2)}, most {moved.Max()} of {MostBetween}");
        Assert.All(moved, bytes => Assert.InRange(bytes, 0, MostBetween));
        Assert.True(moved.Count(bytes => bytes > 0) > Commands / 2, "the bulk transfer was busy between most commands");
    }

    private static async Task RelayAsync(ConnectionContext connection, EpollTransport transport, EndPoint to, ConcurrentQueue<DescriptorRelay> relays)
    {
        await using var upstream = await transport.ConnectAsync(to);
        var relaying = connection.Features.GetRequiredFeature<IRelayFeature>().RelayAsync(upstream, RelayedSockets.Options, CancellationToken.None);
        relays.Enqueue(Relay((EpollConnection)connection)!);
        await relaying;
    }

    /// <summary>A thread that does the same until the socket ends.</summary>
    private static Task Forever(Func<int> step) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                while (step() > 0)
                {
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_relay")]
    private static extern ref DescriptorRelay? Relay(EpollConnection connection);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_toUpstream")]
    private static extern ref RelayDirection ToUpstream(DescriptorRelay relay);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_toClient")]
    private static extern ref RelayDirection ToClient(DescriptorRelay relay);

    /// <summary>Sends a command from the loop itself, in the middle of the bulk transfer, and looks in every turn of the loop whether it is delivered.</summary>
    private sealed class Probe(EventLoop loop, Socket client, RelayDirection bulk, RelayDirection small)
    {
        private readonly TaskCompletionSource<long> _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _bulkBefore;
        private long _smallBefore;

        /// <returns>What the bulk session moved in between.</returns>
        public Task<long> RunAsync()
        {
            loop.Post(_ => Send(), null);
            return _delivered.Task;
        }

        private void Send()
        {
            if (bulk.State != DirectionState.Busy)
            {
                loop.Post(_ => Send(), null);
                return;
            }

            (_bulkBefore, _smallBefore) = (bulk.Bytes, small.Bytes);
            client.Send("NOOP\r\n"u8);
            loop.Post(_ => Look(), null);
        }

        private void Look()
        {
            if (small.Bytes == _smallBefore) loop.Post(_ => Look(), null);
            else _delivered.SetResult(bulk.Bytes - _bulkBefore);
        }
    }
}
