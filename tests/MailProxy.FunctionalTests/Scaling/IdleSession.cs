using System.Diagnostics;
using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Scaling;

/// <summary>A client that has logged in by IMAP and idles (RFC 2177).</summary>
internal sealed class IdleSession : IDisposable
{
    private readonly Peer _peer;

    private IdleSession(Peer peer, string capabilities) => (_peer, Capabilities) = (peer, capabilities);

    /// <summary>What the proxy said that it can do.</summary>
    public string Capabilities { get; }

    public int Port => ((IPEndPoint)_peer.Socket.LocalEndPoint!).Port;

    public static async Task<IdleSession> BeginAsync(int port, string user)
    {
        var peer = await Peer.ConnectAsync(port);
        await peer.ExpectAsync("* OK IMAP4 ready");
        var session = new IdleSession(peer, await peer.AskAsync("c CAPABILITY"));
        await peer.ExpectAsync("c OK completed");
        Assert.StartsWith("l OK ", await peer.AskAsync($"l LOGIN {user} {ProxyServer.Secret}"), StringComparison.Ordinal);
        await session.IdleAsync();
        return session;
    }

    /// <summary>Makes sure that the mail server answers, and idles on.</summary>
    public async Task CheckAsync()
    {
        Assert.StartsWith("i OK ", await _peer.AskAsync("DONE"), StringComparison.Ordinal);
        Assert.StartsWith("n OK ", await _peer.AskAsync("n NOOP"), StringComparison.Ordinal);
        await IdleAsync();
    }

    /// <summary>Waits until the connection is closed, before which nothing may be said.</summary>
    /// <returns>The time of it, by <see cref="Stopwatch"/>.</returns>
    public async Task<long> EndAsync()
    {
        Assert.Equal("", await _peer.ReadToEndAsync());
        return Stopwatch.GetTimestamp();
    }

    public void Dispose() => _peer.Dispose();

    private async Task IdleAsync() => Assert.StartsWith("+ ", await _peer.AskAsync("i IDLE"), StringComparison.Ordinal);
}
