using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>The shortest login there is, for tests of something else.</summary>
internal static class Pop3Dialogue
{
    /// <summary>The client's part, as the user <c>bad</c>.</summary>
    public static async Task LogInAsync(Peer client)
    {
        await client.ReadLineAsync();
        await client.AskAsync("USER bad");
        Assert.Equal("+OK in", await client.AskAsync("PASS p"));
    }

    /// <summary>The upstream's part, and then an answer to everything, or what the test wants.</summary>
    public static async Task ServeAsync(Peer peer, Func<Peer, Task>? then = null)
    {
        await peer.SendAsync("+OK up\r\n");
        await peer.ReadLineAsync();
        await peer.SendAsync("+OK\r\n");
        await peer.ReadLineAsync();
        await peer.SendAsync("+OK in\r\n");
        if (then is not null) await then(peer);
        else while (await peer.ReadLineAsync() != "") await peer.SendAsync("+OK\r\n");
    }

    /// <summary>An upstream that does that.</summary>
    public static PeerServer Upstream() => new(peer => ServeAsync(peer));
}
