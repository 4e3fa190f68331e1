using System.Collections.Concurrent;
using System.Net.Sockets;
using MailProxy.Transport.Features;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>Peers that delay, split and merge segments on both sides of many sessions at once.</summary>
[Collection(Stress.Name)]
public sealed class ChaosRelayTests
{
    private const int Sessions = 100;
    private const int Most = 2 * 1024 * 1024;

    // The clock of the wall: a busy machine takes the loop's thread away for longer than any turn should be.
    private static readonly TimeSpan Lenient = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(1, 4096)]
    public async Task Every_byte_arrives_whatever_the_segments_are(int loops, int? buffer)
    {
        var most = buffer is null ? Most : Most / 16;
        // .NET opens what its sockets need once.
        await RunAsync(1, 1, most, buffer);
        var descriptors = ProcessDescriptors.Open();
        await RunAsync(Sessions, loops, most, buffer);
        Assert.Empty(ProcessDescriptors.OpenBeyond(descriptors));
    }

    private static async Task RunAsync(int count, int loops, int most, int? buffer)
    {
        using var deadline = new CancellationTokenSource(RelayedSockets.Deadline);
        var ends = new ConcurrentQueue<RelayResult>();
        await using var relay = await RelayServer.StartAsync(ends.Enqueue, loops, buffer: buffer);
        var (sessions, sockets) = (new List<Task<string>>(), new List<Socket>());
        for (var seed = 0; seed < count; seed++)
        {
            var (client, upstream) = await relay.ConnectAsync(buffer, deadline.Token);
            sessions.Add(RunAsync(client, upstream, seed, most, deadline.Token));
            sockets.AddRange(client, upstream);
        }

        var expected = await Task.WhenAll(sessions);
        await relay.QuietAsync(deadline.Token);
        sockets.ForEach(socket => socket.Dispose());
        Assert.Equal(expected.Order(), ends.Select(Summary).Order());
        Assert.DoesNotContain(relay.Server.Away, away => away > Lenient);
    }

    /// <summary>One session; half of the clients end their side as soon as they have sent all.</summary>
    /// <returns>How the relay must have ended.</returns>
    private static async Task<string> RunAsync(Socket client, Socket upstream, int seed, int most, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var (up, down, halfClose) = ((long)random.Next(most), (long)random.Next(most), random.Next(2) == 0);
        var (left, right) = (new ChaosPeer(client, 2 * seed, 2 * seed + 1, seed), new ChaosPeer(upstream, 2 * seed + 1, 2 * seed, seed + 1000));
        await Task.WhenAll(
            left.SendAsync(up, halfClose, cancellationToken),
            left.ReceiveAsync(down, cancellationToken),
            right.SendAsync(down, false, cancellationToken),
            ReceiveAsync(right, up, halfClose, cancellationToken));
        upstream.Shutdown(SocketShutdown.Send);
        await left.ExpectEndAsync(cancellationToken);
        return Summary(new RelayResult(halfClose ? RelayEnd.ClientClosed : RelayEnd.UpstreamClosed, up, down));
    }

    private static async Task ReceiveAsync(ChaosPeer peer, long count, bool thenEnd, CancellationToken cancellationToken)
    {
        await peer.ReceiveAsync(count, cancellationToken);
        if (thenEnd) await peer.ExpectEndAsync(cancellationToken);
    }

    private static string Summary(RelayResult result) => $"{result.End} {result.BytesFromClient} {result.BytesFromUpstream} {result.Error?.Message}";
}
