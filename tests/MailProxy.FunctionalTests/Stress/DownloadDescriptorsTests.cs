using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Stress;

/// <summary>
/// Sessions that all begin a long download, whose clients then read no further: each would hold a kernel's pipe with what
/// is on its way. Pipes take two descriptors, as much as a session.
/// </summary>
[Collection(Alone.Name), Trait("Beyond", "nginx")]
public sealed class DownloadDescriptorsTests(ITestOutputHelper output)
{
    private const int Sessions = 200;

    // Less than a pipe for each needs, and more than all logins do.
    private const int Free = 3 * Sessions + 70;

    // What a client reads before it stops, so that windows have grown and the download has come to pipes.
    private const int Read = 256 << 10;

    // Of .NET itself there are fewer.
    private const int SomePipeEnds = 20;

    // So often in a row nothing may have changed.
    private const int Looks = 50;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly byte[] Mail = new byte[1 << 20];

    [Fact]
    public async Task Downloads_that_all_begin_at_once_leave_the_descriptors_to_logins()
    {
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new PeerServer(peer => Pop3Dialogue.ServeAsync(peer, async client =>
        {
            await client.ReadLineAsync();
            client.Limit = TimeSpan.FromMinutes(2);
            while (true) await client.SendAsync(Mail);
        }));
        await using var quick = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.Answering(request => AuthHttpServer.Accept(request["Auth-User"] == "bad" ? quick.Port : upstream.Port));
        var port = FreePort.Take();
        var mail = $"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port}; protocol pop3; }}";
        var limit = await DescriptorsOfAnIdleProxyAsync(port, mail) + Free;
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer { IsOnLoops = true }, mail, string.Create(CultureInfo.InvariantCulture, $"worker_rlimit_nofile {limit};"), workerConnections: limit);
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        var clients = new List<Socket>();
        try
        {
            for (var i = 0; i < Sessions; i++) clients.Add(await LogInAsync(port));
            await Task.WhenAll(clients.Select(async client =>
            {
                await client.SendAsync("RETR 1\r\n"u8.ToArray());
                await ReceiveAsync(client, Read);
            })).WithinAsync("the beginning of every download", Limit);
            output.WriteLine($"{await StandStillAsync(proxy, upstream)} of {limit} descriptors, {PipeEnds(proxy)} of them ends of pipes");
            using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/readyz")).StatusCode);
            for (var i = 0; i < 10; i++)
            {
                using var client = await Peer.ConnectAsync(port);
                await Pop3Dialogue.LogInAsync(client);
            }
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Waits until some downloads are in pipes, and no client takes any more, so that nothing changes.</summary>
    /// <returns>How many descriptors are open.</returns>
    private static async Task<int> StandStillAsync(ProxyServer proxy, PeerServer upstream)
    {
        var (open, looks) = (0, 0);
        await Patience.UntilAsync(
            () =>
            {
                var before = open;
                open = proxy.Process.Descriptors.Length;
                var isStill = open == before && PipeEnds(proxy) >= SomePipeEnds && upstream.Peers.All(peer => !peer.Socket.Poll(0, SelectMode.SelectWrite));
                looks = isStill ? looks + 1 : 0;
                return looks == Looks;
            },
            () => $"{open} descriptors, {PipeEnds(proxy)} of them ends of pipes, to be all", Limit);
        return open;
    }

    private static int PipeEnds(ProxyServer proxy) => proxy.Process.Descriptors.Count(link => link.StartsWith("pipe:", StringComparison.Ordinal));

    private static async Task<int> DescriptorsOfAnIdleProxyAsync(int port, string mail)
    {
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer { IsOnLoops = true }, mail);
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
        return proxy.Process.Descriptors.Length;
    }

    private static async Task<Socket> LogInAsync(int port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port);
        await ExpectAsync("+OK POP3 ready\r\n");
        await client.SendAsync("USER user\r\n"u8.ToArray());
        await ExpectAsync("+OK\r\n");
        await client.SendAsync("PASS p\r\n"u8.ToArray());
        await ExpectAsync("+OK in\r\n");
        return client;

        async Task ExpectAsync(string line) => Assert.Equal(line, Encoding.ASCII.GetString(await ReceiveAsync(client, line.Length)));
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(received)).AsTask().WithinAsync("more bytes");
            Assert.True(more > 0, $"the session ended after {received} of {count} bytes");
            received += more;
        }

        return bytes;
    }
}
