using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Hostile;

/// <summary>Sessions whose time is over, with peers that take nothing any more and with such as only say nothing.</summary>
public sealed class StuckUpstreamTests : IDisposable
{
    private readonly TempDirectory _directory = new("stuck");

    public StuckUpstreamTests() => TestCertificates.WriteTo(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Theory, Trait("Beyond", "nginx")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tls_upstream_that_stops_reading_keeps_nothing(bool isKilled)
    {
        await using var upstream = new PeerServer(StopReadingAsync);
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        // Where it is killed it is the end of its connection that counts, and not the time that is over.
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}}; proxy_ssl on; proxy_ssl_verify off; proxy_timeout {{(isKilled ? 60 : 1)}}s;
            server { listen 127.0.0.1:{{port}}; protocol pop3; timeout 60s; }
            """);
        await Peer.WaitForListenerAsync(proxy.Http.Port);
        var before = proxy.Process.Sockets;
        using (var client = await Peer.ConnectAsync(port))
        {
            await Pop3Dialogue.LogInAsync(client);
            var sending = HostileFront.SendJunkAsync(client, isKilled ? 1 << 30 : 10 << 20);
            if (isKilled)
            {
                // How much the buffers of four sockets take is the machine's.
                await Patience.UntilAsync(() => !client.Socket.Poll(TimeSpan.FromMilliseconds(500), SelectMode.SelectWrite), () => "the client to be held back");
                upstream.Peers.Single().Reset();
            }

            await client.ReadToEndAsync();
            await IgnoreAsync(sending);
        }

        await Patience.UntilAsync(() => proxy.Process.Sockets <= before, () => $"{proxy.Process.Sockets} sockets to become {before} again");
        using var http = new HttpClient { BaseAddress = proxy.Http };
        await Patience.UntilAsync(
            async () => (await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains("\nmailproxy_worker_connections 0\n", StringComparison.Ordinal),
            () => "the session's places to be given back");
        Assert.Equal(0, await proxy.EndAsync(Signals.Quit));
    }

    [Fact]
    public async Task A_client_whose_time_is_over_sees_an_end_and_no_reset()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; proxy_timeout 1s; server {{ listen 127.0.0.1:{port}; protocol pop3; }}");
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
        Assert.Equal(0, await client.Socket.ReceiveAsync(new byte[1]).WithinAsync("the end"));
    }

    [Fact]
    public async Task A_client_that_outlives_the_shutdown_sees_an_end_and_no_reset()
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var port = FreePort.Take();
        await using var proxy = await ProxyServer.StartAsync($"auth_http {auth.Url}; server {{ listen 127.0.0.1:{port}; protocol pop3; }}", "worker_shutdown_timeout 1s;");
        using var client = await Peer.ConnectAsync(port);
        await Pop3Dialogue.LogInAsync(client);
        proxy.Process.Signal(Signals.Quit);
        Assert.Equal(0, await client.Socket.ReceiveAsync(new byte[1]).WithinAsync("the end"));
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
    }

    /// <summary>Logs in over TLS, and takes nothing more until the connection is gone.</summary>
    private async Task StopReadingAsync(Peer peer)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(_directory.Combine("server.pem"), _directory.Combine("server.key"));
        await using var tls = new SslStream(new NetworkStream(peer.Socket));
        await tls.AuthenticateAsServerAsync(certificate);
        foreach (var reply in new[] { "+OK up\r\n", "+OK\r\n", "+OK in\r\n" })
        {
            await tls.WriteAsync(Encoding.ASCII.GetBytes(reply));
            if (reply != "+OK in\r\n") await ReadLineAsync(tls);
        }

        await Task.Delay(Patience.Usual, TimeProvider.System);
    }

    private static async Task ReadLineAsync(SslStream tls)
    {
        var octet = new byte[1];
        while (octet[0] != '\n') await tls.ReadExactlyAsync(octet);
    }

    private static async Task IgnoreAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception) when (exception is SocketException or TimeoutException)
        {
            // The proxy has ended the session.
        }
    }
}
