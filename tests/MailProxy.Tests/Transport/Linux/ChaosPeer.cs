using System.Net.Sockets;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>
/// One end of a relayed session that splits and merges what it sends, reads in pieces of any size, and stops reading
/// now and then for a while. It knows every byte that it must get.
/// </summary>
/// <param name="socket">Its socket.</param>
/// <param name="sends">The stream that it sends.</param>
/// <param name="receives">The stream that it expects.</param>
/// <param name="seed">What chance does to it.</param>
internal sealed class ChaosPeer(Socket socket, int sends, int receives, int seed)
{
    private const int LongestPiece = 100 * 1024;

    /// <summary>Sends this many bytes, and then ends its side where that is wanted.</summary>
    public async Task SendAsync(long count, bool thenEnd, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        for (var position = 0L; position < count;)
        {
            var size = (int)Math.Min(count - position, PieceSize(random));
            position += await socket.SendAsync(Pattern.At(sends, position, size), cancellationToken);
            await StopAsync(random);
        }

        if (thenEnd) socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Receives this many bytes and no other.</summary>
    public async Task ReceiveAsync(long count, CancellationToken cancellationToken)
    {
        var random = new Random(~seed);
        var buffer = new byte[LongestPiece];
        for (var position = 0L; position < count;)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(count - position, PieceSize(random))), cancellationToken);
            Assert.True(received > 0, $"stream {receives} ended after {position} of {count} bytes");
            Pattern.Verify(receives, position, buffer.AsSpan(0, received));
            position += received;
            await StopAsync(random);
        }
    }

    /// <summary>The other side's end, with nothing before it.</summary>
    public async Task ExpectEndAsync(CancellationToken cancellationToken) => Assert.Equal(0, await socket.ReceiveAsync(new byte[1], cancellationToken));

    // Single bytes, lines and large pieces alike.
    private static int PieceSize(Random random) => random.Next(4) switch
    {
        0 => random.Next(1, 8),
        1 => random.Next(1, LongestPiece),
        _ => random.Next(1, 4000),
    };

    /// <summary>Lets others go first, now and then for so long that buffers fill or run dry.</summary>
    private static async Task StopAsync(Random random)
    {
        for (var turns = random.Next(20) == 0 ? random.Next(300) : random.Next(2); turns > 0; turns--) await Task.Yield();
    }
}
