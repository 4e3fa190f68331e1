using System.Collections.Concurrent;
using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Operation;

/// <summary>The local address of connections to upstreams.</summary>
[Trait("Beyond", "nginx")]
public sealed class ProxyBindTests
{
    [Fact]
    public async Task The_upstream_sees_the_address_and_only_logins_that_cannot_have_theirs_fail()
    {
        var seen = new ConcurrentQueue<string>();
        await using var upstream = new PeerServer(peer =>
        {
            seen.Enqueue(((IPEndPoint)peer.Socket.RemoteEndPoint!).Address.ToString());
            return Pop3Dialogue.ServeAsync(peer);
        });
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var (bound, unbound, foreign) = (FreePort.Take(), FreePort.Take(), FreePort.Take());
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}}; proxy_bind 127.0.0.2;
            server { listen 127.0.0.1:{{bound}}; protocol pop3; }
            server { listen 127.0.0.1:{{unbound}}; protocol pop3; proxy_bind off; }
            server { listen 127.0.0.1:{{foreign}}; protocol pop3; proxy_bind 203.0.113.1; }
            """);

        using (var refused = await Peer.ConnectAsync(foreign))
        {
            await refused.ReadLineAsync();
            await refused.AskAsync("USER bad");
            Assert.Equal("-ERR [SYS/TEMP] internal server error", await refused.AskAsync("PASS p"));
            Assert.Equal("", await refused.ReadToEndAsync());
        }

        await proxy.WaitForLogAsync("bind(203.0.113.1) failed (99: Cannot assign requested address) while connecting to upstream");
        foreach (var port in (int[])[bound, unbound])
        {
            using var client = await Peer.ConnectAsync(port);
            await Pop3Dialogue.LogInAsync(client);
        }

        Assert.Equal(["127.0.0.2", "127.0.0.1"], seen);
    }
}
