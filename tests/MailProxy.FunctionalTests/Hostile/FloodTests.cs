using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Hostile;

/// <summary>Clients before login that send commands without end and read every reply: the socket always has more, and there is always room.</summary>
[Collection(Alone.Name)]
public sealed class FloodTests(ITestOutputHelper output)
{
    private const int Large = 4 << 20;
    private const int Floods = 3;

    // What a busy machine may need for it all. A proxy without a budget for each turn answers when the flood is over.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    [Theory]
    [InlineData("imap", "a NOOP\r\n")]
    [InlineData("pop3", "NOOP\r\n")]
    [InlineData("smtp", "NOOP\r\n")]
    public async Task Commands_without_end_hold_up_nobody(string protocol, string command)
    {
        await using var upstream = Pop3Dialogue.Upstream();
        await using var auth = AuthHttpServer.SendingTo(upstream.Port);
        var (flooded, quiet) = (FreePort.Take(), FreePort.Take());
        await using var proxy = await ProxyServer.StartAsync($$"""
            auth_http {{auth.Url}};
            server { listen 127.0.0.1:{{flooded}}; protocol {{protocol}}; timeout {{Limit.TotalSeconds}}s; }
            server { listen 127.0.0.1:{{quiet}}; protocol pop3; }
            """);
        using var relayed = await Peer.ConnectAsync(quiet);
        await Pop3Dialogue.LogInAsync(relayed);
        using var second = await Peer.ConnectAsync(quiet);
        await second.ReadLineAsync();

        var commands = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, 64 << 10)));
        var began = Stopwatch.GetTimestamp();
        var floods = Task.WhenAll(Enumerable.Range(0, Floods).Select(_ => FloodAsync(flooded, commands)).ToList());
        var longest = TimeSpan.Zero;
        var rounds = 0;
        while (!floods.IsCompleted)
        {
            var asked = Stopwatch.GetTimestamp();
            Assert.Equal("+OK", await second.AskAsync("NOOP"));
            Assert.Equal("+OK", await relayed.AskAsync("STAT"));
            var took = Stopwatch.GetElapsedTime(asked);
            longest = took > longest ? took : longest;
            rounds++;
        }

        var replies = (await floods).Min();
        var lasted = Stopwatch.GetElapsedTime(began);
        output.WriteLine($"{rounds} rounds, the longest {longest.TotalMilliseconds} ms; the floods had {replies >> 10} KiB of replies each in {lasted.TotalSeconds} s");
        Assert.InRange(longest, TimeSpan.Zero, Soon);
        Assert.InRange(lasted, Limit - TimeSpan.FromSeconds(1), Limit + Soon);
        Assert.True(replies > 1 << 20);
    }

    /// <returns>Bytes of replies.</returns>
    private static async Task<long> FloodAsync(int port, byte[] commands)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = Large, SendBufferSize = Large };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        var replies = 0L;
        var buffer = new byte[Large];
        await Task.WhenAll(Forever(() => socket.Send(commands)), Forever(() =>
        {
            var count = socket.Receive(buffer);
            replies += count;
            return count;
        })).WithinAsync("the end of a flood");
        return replies;
    }

    private static Task Forever(Func<int> step) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                while (step() > 0)
                {
                }
            }
            catch (SocketException)
            {
                // The proxy has had enough.
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
