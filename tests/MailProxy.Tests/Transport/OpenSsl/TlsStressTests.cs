using System.Globalization;
using System.Net.Sockets;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Transport;
using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>Many sessions, and clients that mean harm: nothing is left behind, and nobody else notices.</summary>
[Collection(Stress.Name)]
public sealed class TlsStressTests(ITestOutputHelper output) : IDisposable
{
    private const int AtOnce = 50;

    // A session's TLS state is more than 10 KiB: of 20,000 that leaked not one in ten would go unseen.
    private const long MayGrowBy = 24L * 1024 * 1024;

    private readonly Authority _authority = new();

    /// <summary>MAILPROXY_STRESS_TLS_SESSIONS asks for more.</summary>
    private static int Sessions { get; } = int.Parse(Environment.GetEnvironmentVariable("MAILPROXY_STRESS_TLS_SESSIONS") ?? "20000", CultureInfo.InvariantCulture);

    private TlsServerOptions Localhost => new() { Certificates = [_authority.Issue(["localhost"])] };

    [Fact]
    public async Task Sessions_that_were_opened_and_closed_leave_no_memory_behind()
    {
        await using var server = await TlsServer.StartAsync(Localhost);
        await OpenAndCloseAsync(server, 2000);
        var (descriptors, memory) = (ProcessDescriptors.Open(), Memory());
        await OpenAndCloseAsync(server, Sessions);
        var grown = Memory() - memory;
        output.WriteLine($"{Sessions} sessions: {grown / 1024} KiB more");
        // .NET opens a pipe for a moment where it starts a thread; what has leaked stays.
        using var deadline = new CancellationTokenSource(TlsServer.Deadline);
        while (ProcessDescriptors.OpenBeyond(descriptors).Count > 0 && !deadline.IsCancellationRequested) await Task.Yield();
        Assert.Empty(ProcessDescriptors.OpenBeyond(descriptors));
        Assert.InRange(grown, long.MinValue, MayGrowBy);
    }

    [Fact]
    public async Task Random_bytes_and_truncated_handshakes_end_their_own_connection_only()
    {
        await using var server = await TlsServer.StartAsync(Localhost);
        await using var bystander = await server.ConnectAsync();
        var hello = await RecordHelloAsync(server);
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            using var client = await server.Server.ConnectAsync();
            byte[] said;
            if (i % 2 == 0) random.NextBytes(said = new byte[random.Next(1, 3000)]);
            else said = hello[..random.Next(1, hello.Length)];
            // A byte of the hello that is wrong, and records that promise more than there may be.
            if (i % 3 == 0) said[random.Next(said.Length)] ^= 0x55;
            if (i % 7 == 0) said = [0x16, 3, 1, 0xFF, 0xFF, .. said];
            await client.SendAsync(said);
            client.Shutdown(SocketShutdown.Send);
            try
            {
                while (await client.ReceiveAsync(new byte[4096]).WaitAsync(TlsServer.Deadline) > 0)
                {
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Its bytes were not read to the end.
            }
        }

        await bystander.WriteAsync("still here"u8.ToArray());
        var answer = new byte[10];
        await bystander.ReadExactlyAsync(answer).AsTask().WaitAsync(TlsServer.Deadline);
        Assert.Equal("still here"u8, answer);
    }

    public void Dispose() => _authority.Dispose();

    private static async Task OpenAndCloseAsync(TlsServer server, int sessions)
    {
        var context = TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions { Verify = false, SessionReuse = false });
        var left = sessions;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => RunAsync())).WaitAsync(TimeSpan.FromMinutes(5));

        async Task RunAsync()
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await using var connection = await server.Server.Transport.ConnectAsync(server.Server.Address);
                await connection.Features.Get<ITlsFeature>()!.AuthenticateAsClientAsync(context, new TlsTarget("", false, ""), CancellationToken.None);
                await connection.Transport.Output.WriteAsync("x"u8.ToArray());
                connection.Transport.Input.AdvanceTo((await connection.Transport.Input.ReadAsync()).Buffer.End);
                server.Handshakes.TryTake(out var _);
                server.Certificates.TryTake(out var _);
                await Task.Yield();
                if (left % 3 == 0) connection.Abort();
            }
        }
    }

    private static async Task<byte[]> RecordHelloAsync(TlsServer server)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(RelayedSockets.Address(AddressFamily.InterNetwork));
        listener.Listen();
        await using var connection = await server.Server.Transport.ConnectAsync(listener.LocalEndPoint!);
        using var cancel = new CancellationTokenSource();
        var handshake = connection.Features.Get<ITlsFeature>()!.AuthenticateAsClientAsync(TlsEngine.OpenSsl.CreateClientContext(new TlsClientOptions()), new TlsTarget("localhost", true, ""), cancel.Token).AsTask();
        using var peer = await listener.AcceptAsync();
        var buffer = new byte[4096];
        var count = await peer.ReceiveAsync(buffer);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handshake);
        await Task.Yield();
        return buffer[..count];
    }

    private static long Memory()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        var line = File.ReadLines("/proc/self/smaps_rollup").First(line => line.StartsWith("Anonymous:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
