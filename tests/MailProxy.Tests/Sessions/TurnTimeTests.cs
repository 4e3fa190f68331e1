using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using MailProxy.Tests.Transport;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Tests.Transport.OpenSsl;
using MailProxy.Tests.Transport.Tls;
using MailProxy.Transport;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Sessions;

/// <summary>How long everybody else on a loop waits while sessions have more to do without end: clients before login, and relays.</summary>
[Collection(Stress.Name)]
public sealed class TurnTimeTests(ITestOutputHelper output)
{
    private const int Megabyte = 1024 * 1024;

    // What the clients have read before a turn counts, so that all code is compiled, and in the end.
    private const int Warm = 4 * Megabyte;
    private const int Enough = 20 * Megabyte;

    // So many bytes are relayed with the work of one that is a reply.
    private const int RelayedForOne = 30;

    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InlineData(6, "imap")]
    [InlineData(6, "pop3")]
    [InlineData(6, "smtp")]
    [InlineData(6, "imap tls")]
    [InlineData(6, "relay")]
    [InlineData(150, "relay")]
    [InlineData(10, "imap", "pop3", "smtp", "imap tls", "relay")]
    [InlineData(150, "imap", "pop3", "smtp", "imap tls", "relay")]
    public async Task No_turn_is_long_whatever_clients_send(int clients, params string[] kinds)
    {
        using var authority = new Authority();
        var tls = TlsEngine.OpenSsl.CreateServerContext(new TlsServerOptions { Certificates = [authority.Issue(["localhost"])] });
        using var upstreams = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        upstreams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        upstreams.Listen();
        // An address of its own for each kind, since two sockets of a set cannot both ask for port 0 of the same.
        var sockets = kinds.Select((_, index) => new ListenSocket { EndPoint = new IPEndPoint(IPAddress.Parse($"127.0.0.{index + 1}"), 0) }).ToArray();
        EpollTransport? transport = null;
        await using var server = await EpollServer.StartAsync(connection => ServeAsync(connection, kinds[Array.IndexOf(sockets, connection.Features.GetRequiredFeature<IListenSocketFeature>().Socket)], tls, transport!, upstreams.LocalEndPoint!), 1, sockets);
        transport = server.Transport;

        var floods = new List<Flood>();
        for (var index = 0; index < kinds.Length; index++)
        {
            for (var i = 0; i < clients / kinds.Length; i++) floods.Add(await FloodAsync(kinds[index], server.Listeners.LocalEndPoints[index], upstreams, clients));
        }

        using var meter = new TurnMeter(transport.Loops[0]);
        await Task.WhenAll(floods.Select(flood => flood.Warmed)).WaitAsync(RelayedSockets.Deadline);
        using (meter.Begin())
        {
            // From now on there is always more to read, however slow the clients' threads are.
            Assert.True(SpinWait.SpinUntil(() => floods.All(flood => flood.IsWaiting), RelayedSockets.Deadline));
        }

        await Task.WhenAll(floods.Select(flood => flood.Served)).WaitAsync(RelayedSockets.Deadline);
        foreach (var flood in floods) flood.End();
        await meter.EndAsync().WaitAsync(RelayedSockets.Deadline);
        await Task.WhenAll(floods.Select(flood => flood.Ended)).WaitAsync(RelayedSockets.Deadline);
        output.WriteLine($"{floods.Count} floods, {meter.Turns} turns, the longest {meter.Longest.TotalMilliseconds} ms");
        Assert.InRange(meter.Longest, TimeSpan.Zero, Most);
        Assert.InRange(meter.Turns, 20, int.MaxValue);
    }

    private static async Task ServeAsync(ConnectionContext connection, string kind, TlsServerContext tls, EpollTransport transport, EndPoint upstreams)
    {
        if (kind == "relay")
        {
            await using var upstream = await transport.ConnectAsync(upstreams);
            await connection.Features.GetRequiredFeature<IRelayFeature>().RelayAsync(upstream, RelayedSockets.Options, CancellationToken.None);
            return;
        }

        if (kind.EndsWith(" tls", StringComparison.Ordinal)) await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsServerAsync(tls, CancellationToken.None);
        await new SessionTranscript { Protocol = kind.Split(' ')[0] }.Open(connection, MailTransport.Time).RunAsync();
    }

    /// <summary>A client that gets without end. To be called once at a time, so that a relay's client and upstream belong together.</summary>
    private static async Task<Flood> FloodAsync(string kind, EndPoint address, Socket upstreams, int clients)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 * Megabyte, SendBufferSize = 4 * Megabyte };
        await client.ConnectAsync(address);
        Stream stream = new NetworkStream(client, ownsSocket: true);
        if (kind == "relay")
        {
            var upstream = await upstreams.AcceptAsync();
            upstream.SendBufferSize = 4 * Megabyte;
            return new Flood(stream, upstream, new NetworkStream(upstream, ownsSocket: true), new byte[100_000], clients, RelayedForOne);
        }

        if (kind.EndsWith(" tls", StringComparison.Ordinal))
        {
            var protectedStream = new SslStream(stream);
            await protectedStream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = TlsSockets.AcceptAny }).WaitAsync(RelayedSockets.Deadline);
            stream = protectedStream;
        }

        var command = kind.StartsWith("imap", StringComparison.Ordinal) ? "a NOOP\r\n" : "NOOP\r\n";
        return new Flood(stream, client, stream, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, 16 * 1024))), clients, 1);
    }

    /// <summary>Sends the same again and again to one end, and reads all that comes from the other.</summary>
    private sealed class Flood
    {
        private readonly Stream _from;
        private readonly Socket _socket;
        private readonly Stream _to;
        private readonly TaskCompletionSource _warmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Flood(Stream from, Socket socket, Stream to, byte[] sent, int clients, int weight)
        {
            (_from, _socket, _to) = (from, socket, to);
            var buffer = new byte[256 * 1024];
            var received = 0L;
            var sending = Forever(() => to.Write(sent));
            var receiving = Forever(() =>
            {
                var count = from.Read(buffer);
                if (count == 0) throw new EndOfStreamException();
                received += count;
                if (received >= Warm / clients * weight) _warmed.TrySetResult();
                if (received >= Enough / clients * weight) _served.TrySetResult();
            });
            Ended = Task.WhenAll(sending, receiving);
        }

        public Task Warmed => _warmed.Task;

        public Task Served => _served.Task;

        /// <summary>Whether the other side reads too slowly.</summary>
        public bool IsWaiting => !_socket.Poll(0, SelectMode.SelectWrite);

        public Task Ended { get; }

        public void End()
        {
            _from.Dispose();
            _to.Dispose();
        }

        private static Task Forever(Action step) => Task.Factory.StartNew(
            () =>
            {
                try
                {
                    while (true) step();
                }
                catch (Exception exception) when (exception is IOException or ObjectDisposedException)
                {
                    // It has had enough.
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
