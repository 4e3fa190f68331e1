using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using MailProxy.Transport.Features;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>Closes and resets of either side at random points, again and again: nothing is lost that must arrive, and nothing is left.</summary>
[Collection(Stress.Name)]
public sealed class RandomCloseTests(ITestOutputHelper output)
{
    private const int Lanes = 3;
    private const int OpenAtOnce = 16;

    // Far below what one word for each session would take.
    private const long MayGrowBy = 512 * 1024;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>MAILPROXY_STRESS_SESSIONS asks for more.</summary>
    private static int Sessions { get; } = int.Parse(Environment.GetEnvironmentVariable("MAILPROXY_STRESS_SESSIONS") ?? "100000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Sessions_that_end_in_any_way_leave_nothing_behind()
    {
        await RunAsync(1000);
        var (descriptors, memory) = (ProcessDescriptors.Open(), Memory());
        var watched = await RunAsync(Sessions);
        var grown = Memory() - memory;
        output.WriteLine($"{Sessions} sessions: {grown} bytes more, {watched.Count(reference => reference.IsAlive)} of {watched.Count} connections alive");
        Assert.Empty(ProcessDescriptors.OpenBeyond(descriptors));
        Assert.InRange(grown, long.MinValue, MayGrowBy);
        Assert.DoesNotContain(watched, reference => reference.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<List<WeakReference>> RunAsync(int sessions)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var ends = new int[Enum.GetValues<RelayEnd>().Length];
        await using var relay = await RelayServer.StartAsync(result => Interlocked.Increment(ref ends[(int)result.End]), loops: 2, Lanes);
        var lanes = Enumerable.Range(0, Lanes).Select(lane => Task.Factory.StartNew(
            () => RunLane(relay.Address(lane), relay.Upstream(lane), lane, sessions / Lanes / OpenAtOnce),
            deadline.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(lanes).WaitAsync(deadline.Token);
        await relay.QuietAsync(deadline.Token);
        Assert.Equal(sessions / Lanes / OpenAtOnce * Lanes * OpenAtOnce, ends.Sum());
        Assert.Equal(0, ends[(int)RelayEnd.TimedOut] + ends[(int)RelayEnd.Stopped]);
        return [.. relay.Watched];
    }

    private static void RunLane(EndPoint proxy, Socket upstreams, int lane, int batches)
    {
        var random = new Random(lane);
        for (var batch = 0; batch < batches; batch++)
        {
            var sessions = Enumerable.Range(0, OpenAtOnce).Select(index => new ShortSession(Connect(proxy), batch * OpenAtOnce + index, random)).ToArray();
            for (byte place = 0; place < OpenAtOnce; place++) sessions[place].Begin(place);
            foreach (var _ in sessions) AcceptOne(upstreams, sessions);
            var running = Array.FindAll(sessions, session => session.End != ShortEnd.ClientResetsAtOnce);
            Array.ForEach(running, session => session.Talk());
            Array.ForEach(running, session => session.BeginEnd());
            Array.ForEach(running, session => session.Finish());
        }
    }

    private static Socket Connect(EndPoint proxy)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
        client.Connect(proxy);
        return client;
    }

    /// <summary>Takes the next session at its upstream end; one that was reset at once ends there before it says whose it is.</summary>
    private static void AcceptOne(Socket upstreams, ShortSession[] sessions)
    {
        var upstream = upstreams.Accept();
        (upstream.NoDelay, upstream.ReceiveTimeout) = (true, 30_000);
        var place = new byte[1];
        if (upstream.Receive(place) == 1) sessions[place[0]].Join(upstream);
        else upstream.Dispose();
    }

    private static long Memory()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
