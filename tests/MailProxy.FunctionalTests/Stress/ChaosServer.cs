using System.Net;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Stress;

/// <summary>What a server does to whoever connects.</summary>
internal enum ChaosMode
{
    /// <summary>Serves.</summary>
    Good,

    /// <summary>Takes the connection and never says a word.</summary>
    Silent,

    /// <summary>Greets, and says nothing more.</summary>
    StallsInLogin,

    /// <summary>Breaks the connection at once.</summary>
    Dead,

    /// <summary>Greets with a refusal.</summary>
    Refuses,

    /// <summary>Serves with each reply in pieces of one byte.</summary>
    Crumbles,
}

/// <summary>A mail server that lets everybody in and then sends every line back, and that stalls, dies and comes back as the test says.</summary>
internal sealed class ChaosServer : IAsyncDisposable
{
    private readonly string _protocol;
    private readonly PeerServer _server;

    public ChaosServer(string protocol, IPAddress address)
    {
        _protocol = protocol;
        _server = new PeerServer(ServeAsync, new IPEndPoint(address, 0));
    }

    public int Port => _server.Port;

    /// <summary>For connections from now on, and replies to commands from now on.</summary>
    public ChaosMode Mode { get; set; }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Peer peer)
    {
        if (Mode == ChaosMode.Dead)
        {
            peer.Reset();
            return;
        }

        if (Mode != ChaosMode.Silent) await SayAsync(peer, Mode == ChaosMode.Refuses ? Refusal : Greeting);
        while (await peer.ReadLineAsync() is { Length: > 0 } line)
        {
            if (Mode is ChaosMode.Silent or ChaosMode.StallsInLogin) continue;
            await SayAsync(peer, Answer(line));
        }
    }

    private async Task SayAsync(Peer peer, string reply)
    {
        if (Mode != ChaosMode.Crumbles) await peer.SendAsync(reply);
        else foreach (var letter in reply) await peer.SendAsync(letter.ToString());
    }

    private string Greeting => _protocol switch
    {
        "imap" => "* OK ready\r\n",
        "pop3" => "+OK ready\r\n",
        _ => "220 ready\r\n",
    };

    private string Refusal => _protocol switch
    {
        "imap" => "* BYE too many connections\r\n",
        "pop3" => "-ERR [SYS/TEMP] too many connections\r\n",
        _ => "421 4.3.2 too many connections\r\n",
    };

    private string Answer(string line) => _protocol switch
    {
        "imap" when line.EndsWith("}\r\n", StringComparison.Ordinal) => "+ go on\r\n",
        "imap" when line.Contains("CAPABILITY", StringComparison.Ordinal) => $"* CAPABILITY IMAP4rev1\r\n{line.Split(' ')[0]} OK done\r\n",
        "imap" when !line.Contains(' ') => $"a OK in\r\n",
        "imap" when line.StartsWith("echo ", StringComparison.Ordinal) => line,
        "imap" => $"{line.Split(' ')[0]} OK done\r\n",
        "pop3" when line.StartsWith("CAPA", StringComparison.Ordinal) => "+OK\r\nUSER\r\n.\r\n",
        "pop3" when line.StartsWith("echo ", StringComparison.Ordinal) => line,
        "pop3" => "+OK done\r\n",
        _ when line.StartsWith("EHLO", StringComparison.Ordinal) => "250-chaos\r\n250 AUTH PLAIN LOGIN\r\n",
        _ when line.StartsWith("AUTH", StringComparison.Ordinal) => "235 2.7.0 in\r\n",
        _ when line.StartsWith("echo ", StringComparison.Ordinal) => line,
        _ => "250 2.0.0 done\r\n",
    };
}
