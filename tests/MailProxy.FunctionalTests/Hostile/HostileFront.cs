using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Hostile;

/// <summary>
/// A POP3 proxy whose peers misbehave, and one client that does not: it must be answered at once all the time, and the
/// proxy's memory must not grow with what the others send.
/// </summary>
internal sealed class HostileFront : IAsyncDisposable
{
    /// <summary>What the proxy's memory may grow by: far below what a crowd sends or makes it send.</summary>
    private const long MayGrowBy = 96L << 20;

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(3);
    private static readonly byte[] Junk = new byte[64 << 10];

    private readonly AuthHttpServer _auth;
    private readonly PeerServer _bad;
    private readonly PeerServer _good = Pop3Dialogue.Upstream();
    private readonly int _goodPort = FreePort.Take();
    private readonly int _port = FreePort.Take();
    private ProxyServer _proxy = null!;
    private long _residentBefore;
    private TimeSpan _first;

    static HostileFront() => Array.Fill(Junk, (byte)'x');

    private HostileFront(Func<Peer, Task>? upstream, Func<Peer, Task>? auth)
    {
        _bad = upstream is null ? Pop3Dialogue.Upstream() : new PeerServer(upstream);
        _auth = AuthHttpServer.Running(async (request, peer) =>
        {
            if (request["Auth-User"] == "good") await peer.SendAsync(AuthHttpServer.Accept(_good.Port));
            else if (auth is not null) await auth(peer);
            else await peer.SendAsync(AuthHttpServer.Accept(_bad.Port));
        });
    }

    /// <summary>
    /// Starts a server with these directives. The user <c>good</c> is served well by another one; everybody else gets what
    /// <paramref name="upstream"/> and <paramref name="auth"/> do.
    /// </summary>
    public static async Task<HostileFront> StartAsync(string directives = "", Func<Peer, Task>? upstream = null, Func<Peer, Task>? auth = null)
    {
        var front = new HostileFront(upstream, auth);
        front._proxy = await ProxyServer.StartAsync($$"""
            auth_http {{front._auth.Url}};
            server { listen 127.0.0.1:{{front._port}}; protocol pop3; {{directives}} }
            server { listen 127.0.0.1:{{front._goodPort}}; protocol pop3; }
            """);
        // What a first session costs in code and pools is not what a crowd costs.
        front._first = await front.ServeTheGoodAsync();
        front._residentBefore = front._proxy.Process.ResidentBytes;
        return front;
    }

    /// <summary>Lets a crowd misbehave until the proxy has ended every one, and looks meanwhile whether the good client is served.</summary>
    public async Task WithstandAsync(Func<Peer, Task> client, int crowd = 20, TimeSpan? within = null)
    {
        var attack = Task.WhenAll(Enumerable.Range(0, crowd).Select(async _ =>
        {
            using var peer = await Peer.ConnectAsync(_port);
            await client(peer);
        }).ToList());
        do await AssertTheGoodAreServedAsync(); while (!attack.IsCompleted);
        await attack.WithinAsync("the end of every hostile session", within);
        await AssertTheGoodAreServedAsync();
        var grown = _proxy.Process.ResidentBytes - _residentBefore;
        Assert.True(grown < MayGrowBy, $"memory grew by {grown >> 20} MiB");
    }

    /// <summary>A login that the proxy has to give up: the client gets the one line, and the end.</summary>
    public Task WithstandLoginsAsync(int crowd = 20) => WithstandAsync(
        async client =>
        {
            await client.ReadLineAsync();
            await client.AskAsync("USER bad");
            Assert.Equal("-ERR [SYS/TEMP] internal server error", await client.AskAsync("PASS p"));
            Assert.Equal("", await client.ReadToEndAsync());
        },
        crowd);

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _auth.DisposeAsync();
        await _bad.DisposeAsync();
        await _good.DisposeAsync();
    }

    /// <summary>Sends without a line end, as much or until the other side breaks the connection.</summary>
    /// <returns>How much went out.</returns>
    public static async Task<long> SendJunkAsync(Peer peer, long count)
    {
        var sent = 0L;
        try
        {
            while (sent < count)
            {
                await peer.SendAsync((ReadOnlyMemory<byte>)Junk);
                sent += Junk.Length;
            }
        }
        catch (SocketException)
        {
            // The proxy has had enough.
        }

        return sent;
    }

    /// <summary>Sends a text again and again, with a pause, until the other side breaks the connection.</summary>
    public static async Task DripAsync(Peer peer, string text, TimeSpan pause)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        try
        {
            while (true)
            {
                await peer.SendAsync(bytes);
                if (pause > TimeSpan.Zero) await Task.Delay(pause, TimeProvider.System);
            }
        }
        catch (SocketException)
        {
            // The proxy has had enough.
        }
    }

    private async Task AssertTheGoodAreServedAsync()
    {
        var took = await ServeTheGoodAsync();
        // The slower the machine is just now, the longer everything takes.
        Assert.True(took < AtOnce + _first, $"a good client waited for {took.TotalSeconds} s");
    }

    /// <returns>How long the good client took.</returns>
    private async Task<TimeSpan> ServeTheGoodAsync()
    {
        var started = Stopwatch.GetTimestamp();
        using var peer = await Peer.ConnectAsync(_goodPort);
        await peer.ReadLineAsync();
        await peer.AskAsync("USER good");
        Assert.Equal("+OK in", await peer.AskAsync("PASS p"));
        Assert.Equal("+OK", await peer.AskAsync("STAT"));
        return Stopwatch.GetElapsedTime(started);
    }
}
