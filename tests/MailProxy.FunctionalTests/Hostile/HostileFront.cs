using System.Diagnostics;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Hostile;

/// <summary>
/// A proxy whose peers misbehave, with one client that does not: it must be answered at once all the time, and the proxy's
/// memory must not grow with what the others send.
/// </summary>
internal sealed class HostileFront : IAsyncDisposable
{
    /// <summary>How many misbehave at the same time.</summary>
    public const int Crowd = 20;

    /// <summary>What the proxy's memory may grow by, far below what the crowd sends or makes it send.</summary>
    private const long MayGrowBy = 96L << 20;

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(3);

    private readonly AuthHttpServer _auth;
    private readonly PeerServer _upstream;
    private readonly ProxyServer _proxy;
    private long _residentBefore;

    private HostileFront(AuthHttpServer auth, PeerServer upstream, ProxyServer proxy, int port)
    {
        (_auth, _upstream, _proxy, Port) = (auth, upstream, proxy, port);
    }

    /// <summary>Where POP3 listens.</summary>
    public int Port { get; }

    /// <summary>
    /// Starts a POP3 server with these directives. The user <c>good</c> is served well; everybody else gets what
    /// <paramref name="upstream"/> and <paramref name="auth"/> do.
    /// </summary>
    public static async Task<HostileFront> StartAsync(
        string directives = "", Func<Peer, Task>? upstream = null, Func<Peer, Task>? auth = null, string protocol = "pop3")
    {
        var good = new PeerServer(peer => ServePop3Async(peer));
        var bad = new PeerServer(upstream ?? (peer => ServePop3Async(peer)));
        var authServer = AuthHttpServer.Running(async (request, peer) =>
        {
            if (request["Auth-User"] == "good") await peer.SendAsync(AuthHttpServer.Accept(good.Port));
            else if (auth is not null) await auth(peer);
            else await peer.SendAsync(AuthHttpServer.Accept(bad.Port));
        });
        var (port, goodPort) = (FreePort.Take(), FreePort.Take());
        var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{authServer.Url}};
            server { listen 127.0.0.1:{{port}}; protocol {{protocol}}; {{directives}} }
            server { listen 127.0.0.1:{{goodPort}}; protocol pop3; }
            """);
        var front = new HostileFront(authServer, bad, proxy, port) { _good = good, _goodPort = goodPort };
        // What a first session costs in code and pools is not what the crowd costs.
        await front.AssertTheGoodAreServedAsync();
        front._residentBefore = proxy.Process.ResidentBytes;
        return front;
    }

    private PeerServer _good = null!;
    private int _goodPort;

    /// <summary>Lets a crowd misbehave, and looks meanwhile whether the good client is served.</summary>
    public async Task WithstandAsync(Func<Peer, Task> client, TimeSpan within, int crowd = Crowd)
    {
        var clients = Enumerable.Range(0, crowd).Select(async _ =>
        {
            using var peer = await Peer.ConnectAsync(Port);
            peer.Limit = within;
            await client(peer);
        }).ToList();

        var attack = Task.WhenAll(clients);
        do await AssertTheGoodAreServedAsync(); while (!attack.IsCompleted);
        await attack.WithinAsync("the end of every hostile session", within);
        await AssertTheGoodAreServedAsync();
        var grown = _proxy.Process.ResidentBytes - _residentBefore;
        Assert.True(grown < MayGrowBy, $"memory grew by {grown >> 20} MiB");
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _auth.DisposeAsync();
        await _upstream.DisposeAsync();
        await _good.DisposeAsync();
    }

    /// <summary>Logs in as a user whom the hostile upstream serves.</summary>
    public static async Task LogInAsync(Peer client)
    {
        await client.ReadLineAsync();
        await client.AskAsync("USER bad");
        Assert.Equal("+OK in", await client.AskAsync("PASS p"));
    }

    /// <summary>The upstream's part of a login by POP3, and then an answer to everything.</summary>
    public static async Task ServePop3Async(Peer peer, Func<Peer, Task>? then = null)
    {
        await peer.SendAsync("+OK up\r\n");
        await peer.ReadLineAsync();
        await peer.SendAsync("+OK\r\n");
        await peer.ReadLineAsync();
        await peer.SendAsync("+OK in\r\n");
        if (then is not null) await then(peer);
        else while (await peer.ReadLineAsync() != "") await peer.SendAsync("+OK\r\n");
    }

    private async Task AssertTheGoodAreServedAsync()
    {
        var started = Stopwatch.GetTimestamp();
        using var peer = await Peer.ConnectAsync(_goodPort);
        await peer.ReadLineAsync();
        await peer.AskAsync("USER good");
        Assert.Equal("+OK in", await peer.AskAsync("PASS p"));
        Assert.Equal("+OK", await peer.AskAsync("STAT"));
        var took = Stopwatch.GetElapsedTime(started);
        Assert.True(took < AtOnce, $"a good client waited for {took.TotalSeconds} s");
    }
}
