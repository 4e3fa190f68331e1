using System.IO.Pipelines;
using System.Net.Sockets;
using MailProxy.Testing;
using MailProxy.Transport.Managed;

namespace MailProxy.Tests.Transport;

public sealed class ManagedRelayTests : RelayTests
{
    [Fact]
    public async Task At_most_the_buffers_size_is_on_its_way()
    {
        var client = new MemoryConnection();
        var upstream = new MemoryConnection();
        var pump = new ManagedRelay(client.Proxy, TimeProvider.System).RelayAsync(upstream.Proxy, RelayedSockets.Options with { ClientBuffer = 7 }, CancellationToken.None);
        // Reading goes on inside the flush that made it possible, so that each is seen by itself.
        var first = ReadAsync(upstream.Peer.Input);
        await client.Peer.Output.WriteAsync("0123456789"u8.ToArray());
        Assert.Equal("0123456", await first);
        Assert.Equal("789", await ReadAsync(upstream.Peer.Input));
        await upstream.Peer.Output.CompleteAsync();
        Assert.Equal(10, (await pump).BytesFromClient);
    }

    [Fact]
    public async Task An_event_allocates_nothing()
    {
        var client = new MemoryConnection();
        var upstream = new MemoryConnection();
        var relay = new ManagedRelay(client.Proxy, TimeProvider.System).RelayAsync(upstream.Proxy, RelayedSockets.Options, CancellationToken.None);
        byte[] bytes = [1];
        await PingPongAsync(client.Peer, upstream.Peer, bytes, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        await PingPongAsync(client.Peer, upstream.Peer, bytes, 1000);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 2000;
        Assert.InRange(each, 0, 1);
        await upstream.Peer.Output.CompleteAsync();
        Assert.Equal(1100, (await relay).BytesFromUpstream);
    }

    /// <summary>Over memory everything happens inside the write, on this thread: its allocations are all there are.</summary>
    private static async Task PingPongAsync(IDuplexPipe client, IDuplexPipe upstream, byte[] bytes, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await client.Output.WriteAsync(bytes);
            Take(upstream.Input);
            await upstream.Output.WriteAsync(bytes);
            Take(client.Input);
        }
    }

    private static void Take(PipeReader input)
    {
        Assert.True(input.TryRead(out var result));
        input.AdvanceTo(result.Buffer.End);
    }

    private protected override Task<RelayedSockets> ConnectAsync(AddressFamily family, TimeProvider? time, int? buffer) => RelayedSockets.ConnectAsync(family, time, buffer);
}
