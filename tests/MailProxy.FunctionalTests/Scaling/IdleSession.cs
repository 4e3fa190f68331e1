using System.Diagnostics;
using System.Net;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Scaling;

/// <summary>A client that has logged in by IMAP and idles (RFC 2177).</summary>
internal sealed class IdleSession : IDisposable
{
    // What Dovecot tells all who idle, every two minutes.
    private const string StillHere = "* OK Still here";

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
        await session.ExpectAsync($"l LOGIN {user} {ProxyServer.Secret}", "l OK ");
        await session.IdleAsync();
        return session;
    }

    /// <summary>Makes sure that the mail server answers, and idles on.</summary>
    public async Task CheckAsync()
    {
        await ExpectAsync("DONE", "i OK ");
        await ExpectAsync("n NOOP", "n OK ");
        await IdleAsync();
    }

    /// <summary>Waits until the connection is closed, before which nobody may say anything but Dovecot that it is there.</summary>
    /// <returns>The time of it, by <see cref="Stopwatch"/>.</returns>
    public async Task<long> EndAsync()
    {
        Assert.Equal("", (await _peer.ReadToEndAsync()).Replace(StillHere + "\r\n", "", StringComparison.Ordinal));
        return Stopwatch.GetTimestamp();
    }

    public void Dispose() => _peer.Dispose();

    private Task IdleAsync() => ExpectAsync("i IDLE", "+ ");

    private async Task ExpectAsync(string command, string start)
    {
        var answer = await _peer.AskAsync(command);
        while (answer == StillHere) answer = (await _peer.ReadLineAsync()).TrimEnd('\r', '\n');
        Assert.StartsWith(start, answer, StringComparison.Ordinal);
    }
}
