using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MailProxy.Tests.Transport;

/// <summary>What peers do with their sockets. Every step has a deadline.</summary>
internal static class SocketTalk
{
    private const int Tcp = 6;

    public static async Task SayAsync(this Socket socket, string text) =>
        await socket.SendAsync(Encoding.Latin1.GetBytes(text)).WaitAsync(RelayedSockets.Deadline);

    /// <summary>Reads as many bytes as the text has, and compares them.</summary>
    public static async Task ExpectAsync(this Socket socket, string text)
    {
        using var cancel = new CancellationTokenSource(RelayedSockets.Deadline);
        var bytes = new byte[text.Length];
        var received = 0;
        while (received < bytes.Length)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(received), cancel.Token);
            if (count == 0) break;
            received += count;
        }

        Assert.Equal(text, Encoding.Latin1.GetString(bytes, 0, received));
    }

    /// <summary>The peer's end in order, with nothing before it.</summary>
    public static async Task ExpectEndAsync(this Socket socket)
    {
        using var cancel = new CancellationTokenSource(RelayedSockets.Deadline);
        Assert.Equal(0, await socket.ReceiveAsync(new byte[16], cancel.Token));
    }

    /// <summary>Sends the last bytes and the end in one segment.</summary>
    public static async Task SayLastAsync(this Socket socket, string text)
    {
        socket.SetRawSocketOption(Tcp, optionName: 3, [1, 0, 0, 0]);               // TCP_CORK
        await socket.SayAsync(text);
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Segments that have come, with or without data.</summary>
    public static int SegmentsIn(this Socket socket) => socket.TcpInfo(offset: 140);

    /// <summary>Segments with data that have come.</summary>
    public static int DataSegmentsIn(this Socket socket) => socket.TcpInfo(offset: 152);

    /// <summary>A counter of the kernel's <c>struct tcp_info</c>.</summary>
    public static int TcpInfo(this Socket socket, int offset)
    {
        var info = new byte[256];
        var length = socket.GetRawSocketOption(Tcp, optionName: 11, info);
        Assert.InRange(offset, 0, length - sizeof(int));
        return BitConverter.ToInt32(info, offset);
    }

    /// <summary>Closes with RST.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Sends random bytes in pieces of random size.</summary>
    /// <returns>Their hash.</returns>
    public static async Task<string> SendRandomAsync(this Socket socket, long count, int seed)
    {
        using var cancel = new CancellationTokenSource(RelayedSockets.Deadline);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(seed);
        var piece = new byte[100_000];
        for (var left = count; left > 0;)
        {
            var bytes = piece.AsMemory(0, (int)Math.Min(left, Size(random)));
            random.NextBytes(bytes.Span);
            hash.AppendData(bytes.Span);
            for (var sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes[sent..], cancel.Token);
            left -= bytes.Length;
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Reads to the end, or as many bytes as are asked for, in pieces of random size.</summary>
    /// <returns>How many there were, and their hash.</returns>
    public static async Task<(long Count, string Hash)> ReceiveRandomAsync(this Socket socket, int seed, long limit = long.MaxValue)
    {
        using var cancel = new CancellationTokenSource(RelayedSockets.Deadline);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(seed);
        var piece = new byte[100_000];
        long count = 0;
        while (count < limit)
        {
            var received = await socket.ReceiveAsync(piece.AsMemory(0, (int)Math.Min(limit - count, Size(random))), cancel.Token);
            if (received == 0) break;
            hash.AppendData(piece.AsSpan(0, received));
            count += received;
        }

        return (count, Convert.ToHexString(hash.GetHashAndReset()));
    }

    // Mostly small, as lines are; now and then a large piece.
    private static int Size(Random random) => random.Next(10) == 0 ? random.Next(1, 100_000) : random.Next(1, 3000);
}
