using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Stress;

/// <summary>As many sessions as one process can be both ends of, open at the same time and all in use.</summary>
public sealed class ManySessionsTests(ITestOutputHelper output)
{
    private const int Wanted = 9000;
    private const int LoginsAtOnce = 64;
    private const int Rounds = 3;
    private const int MessageSize = 1500;

    // What this process needs beside the sessions' sockets.
    private const int Others = 1500;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly ConcurrentBag<Task> _upstreams = [];

    [Fact]
    public async Task Every_byte_arrives_in_thousands_of_open_sessions()
    {
        var sessions = Math.Min(Wanted, (OpenFilesLimit() - Others) / 2);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4096);
        var accepting = AcceptAsync(listener);
        var port = FreePort.Take();
        await using var auth = AuthHttpServer.SendingTo(((IPEndPoint)listener.LocalEndPoint!).Port);
        await using var proxy = await ProxyServer.StartAsync(
            new MailProxyServer { Environment = { ["MAILPROXY_POISON_BUFFERS"] = "1" } },
            $"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port} backlog=4096; protocol pop3; }}", workerConnections: 3 * Wanted);
        await Patience.UntilAsync(() => Peer.IsListening(new IPEndPoint(IPAddress.Loopback, proxy.Http.Port)), () => "the HTTP side, which counts as well");
        var before = proxy.Process.Sockets;

        var clients = new Socket[sessions];
        using var deadline = new CancellationTokenSource(Limit);
        var options = new ParallelOptions { MaxDegreeOfParallelism = LoginsAtOnce, CancellationToken = deadline.Token };
        await Parallel.ForAsync(0, sessions, options, async (session, cancel) => clients[session] = await LogInAsync(port, cancel));
        Assert.True(proxy.Process.Sockets >= 2 * sessions);
        output.WriteLine($"{sessions} sessions of {Wanted} (the open files limit is {OpenFilesLimit()}); {proxy.Process.ResidentBytes >> 20} MiB resident");
        for (var round = 0; round < Rounds; round++)
        {
            // All have sent before the first one reads.
            await Parallel.ForAsync(0, sessions, options, async (session, cancel) => await clients[session].SendAsync(Message(session, round), cancel));
            await Parallel.ForAsync(0, sessions, options, async (session, cancel) =>
                Assert.Equal(Message(session, round), await ReceiveAsync(clients[session], MessageSize, cancel)));
        }

        foreach (var client in clients) client.Dispose();
        await Patience.UntilAsync(() => proxy.Process.Sockets <= before, () => $"{proxy.Process.Sockets} sockets to become {before} again");
        await Task.WhenAll(_upstreams).WithinAsync("the upstreams' ends");
        listener.Dispose();
        await accepting.WithinAsync("the end of accepting");
    }

    private static async Task<Socket> LogInAsync(int port, CancellationToken cancellationToken)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        await ExpectAsync("+OK POP3 ready\r\n");
        await client.SendAsync("USER user\r\n"u8.ToArray(), cancellationToken);
        await ExpectAsync("+OK\r\n");
        await client.SendAsync("PASS p\r\n"u8.ToArray(), cancellationToken);
        await ExpectAsync("+OK in\r\n");
        return client;

        async Task ExpectAsync(string line) => Assert.Equal(line, Encoding.ASCII.GetString(await ReceiveAsync(client, line.Length, cancellationToken)));
    }

    /// <summary>A message that no other session has, nor another round.</summary>
    private static byte[] Message(int session, int round)
    {
        var message = new byte[MessageSize];
        new Random(session * Rounds + round).NextBytes(message);
        return message;
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(received), cancellationToken);
            Assert.True(more > 0, $"the session ended after {received} of {count} bytes");
            received += more;
        }

        return bytes;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true) _upstreams.Add(ServeAsync(await listener.AcceptAsync()));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    /// <summary>The upstream's part of the login, and then every byte back.</summary>
    private static async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        var buffer = new byte[2048];
        await socket.SendAsync("+OK up\r\n"u8.ToArray());
        foreach (var reply in new[] { "+OK\r\n", "+OK in\r\n" })
        {
            // The proxy sends a line at once.
            await socket.ReceiveAsync(buffer);
            await socket.SendAsync(Encoding.ASCII.GetBytes(reply));
        }

        while (await socket.ReceiveAsync(buffer) is var count && count > 0) await socket.SendAsync(buffer.AsMemory(0, count));
    }

    private static int OpenFilesLimit()
    {
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return int.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }
}
