using System.Net.Sockets;

namespace MailProxy.Tests.Transport.Linux;

public sealed class RelayAllocationTests
{
    private const int Commands = 2000;

    private readonly byte[] _buffer = new byte[64];

    [Fact]
    public async Task Relayed_commands_allocate_nothing_on_the_loop()
    {
        await using var sockets = await RelayedSockets.ConnectAsync(onLoop: true);
        var relay = sockets.RelayAsync();
        await sockets.TurnAsync();
        sockets.Client.ReceiveTimeout = sockets.Upstream.ReceiveTimeout = (int)RelayedSockets.Deadline.TotalMilliseconds;
        for (var i = 0; i < 200; i++) Exchange(sockets);

        using var meter = new LoopMeter(sockets.Loop!);
        meter.Begin();
        for (var i = 0; i < Commands; i++) Exchange(sockets);
        Assert.Equal(0, meter.End());
        sockets.Upstream.Dispose();
        Assert.Equal((200 + Commands) * 6, (await relay).BytesFromClient);
    }

    private void Exchange(RelayedSockets sockets)
    {
        Pass(sockets.Client, sockets.Upstream, "NOOP\r\n"u8);
        Pass(sockets.Upstream, sockets.Client, "* 3 EXISTS\r\na OK NOOP completed\r\n"u8);
    }

    private void Pass(Socket from, Socket to, ReadOnlySpan<byte> line)
    {
        from.Send(line);
        for (var received = 0; received < line.Length;)
        {
            var count = to.Receive(_buffer.AsSpan(received, line.Length - received));
            Assert.NotEqual(0, count);
            received += count;
        }

        Assert.Equal(line, _buffer.AsSpan(0, line.Length));
    }
}
