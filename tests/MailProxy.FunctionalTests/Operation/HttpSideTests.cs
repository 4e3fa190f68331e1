using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>The HTTP side never gets in the way of mail.</summary>
[Trait("Beyond", "nginx")]
public sealed class HttpSideTests
{
    private const int Idle = 1100;

    [Fact]
    public async Task A_taken_port_is_one_line_and_mail_is_served()
    {
        await using var other = new PeerServer();
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync(new MailProxyServer { Http = new Uri($"http://127.0.0.1:{other.Port}/") }, $"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{port}; protocol imap; }}");
        await proxy.WaitForLogAsync("the HTTP side cannot be asked");
        using var client = await Peer.ConnectAsync(port);
        await client.ExpectAsync("* OK IMAP4 ready");

        var line = Assert.Single(proxy.Log.Split('\n'), line => line.Contains(" [error] ", StringComparison.Ordinal) || line.Contains(" [crit] ", StringComparison.Ordinal));
        Assert.Contains($"bind() to 127.0.0.1:{other.Port} failed (98: Address already in use)", line, StringComparison.Ordinal);
        Assert.Equal("", proxy.Process.Error);
    }

    [Fact]
    public async Task Idle_connections_leave_the_descriptors_to_mail()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port}; protocol pop3; }}", "worker_rlimit_nofile 1024;", workerConnections: 512);
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < Idle; i++) idle.Add(await AskAsync(proxy.Http.Port, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
            using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/readyz")).StatusCode);
            using var client = await Peer.ConnectAsync(port);
            await Pop3Dialogue.LogInAsync(client);
            Assert.InRange(proxy.Process.Sockets, 1, 300);
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/readyz")]
    [InlineData("/livez")]
    [InlineData("/healthz")]
    public async Task What_can_be_read_takes_GET_and_HEAD(string path)
    {
        await using var proxy = await StartAsync();
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(path)).StatusCode);
        var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("", await head.Content.ReadAsStringAsync());
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Options, HttpMethod.Trace })
        {
            var answer = await http.SendAsync(new HttpRequestMessage(method, path));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
            Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow.Order());
        }
    }

    [Fact]
    public async Task Requests_have_limits()
    {
        await using var proxy = await StartAsync();
        var port = proxy.Http.Port;
        Assert.StartsWith("HTTP/1.1 200 ", await AnswerAsync(port, $"GET /livez?{new string('a', 8000)} HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 414 ", await AnswerAsync(port, $"GET /livez?{new string('a', 9000)} HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await AnswerAsync(port, $"GET /livez HTTP/1.1\r\nHost: x\r\nA: {new string('a', 60_000)}\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431 ", await AnswerAsync(port, $"GET /livez HTTP/1.1\r\nHost: x\r\nA: {new string('a', 70_000)}\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_is_no_error_each_time_that_somebody_asks()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port}; protocol pop3; }}");
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        using var http = new HttpClient { BaseAddress = proxy.Http, Timeout = Patience.Usual };
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
        proxy.Process.Signal(Signals.Quit);
        await proxy.WaitForLogAsync("gracefully shutting down");
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/readyz")).StatusCode);
        Assert.DoesNotContain("[error]", proxy.Log, StringComparison.Ordinal);
    }

    private static async Task<ProxyServer> StartAsync()
    {
        var proxy = await ProxyServer.StartAsync($"auth_http 127.0.0.1:1; server {{ listen 127.0.0.1:{FreePort.Take()}; protocol imap; }}");
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        return proxy;
    }

    private static async Task<string> AnswerAsync(int port, string request)
    {
        using var socket = await AskAsync(port, request);
        var answer = new byte[64];
        return Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer));
    }

    /// <summary>Asks, and leaves the connection open.</summary>
    private static async Task<Socket> AskAsync(int port, string request)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return socket;
    }
}
