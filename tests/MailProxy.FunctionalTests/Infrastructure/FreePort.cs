using System.Net;
using System.Net.Sockets;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>
/// Ports for servers that read theirs from a file before they bind it. Taken below the kernel's ephemeral range, since a port
/// of that range may become the source of some client's connection before its server has started. A port is nobody else's
/// until this process ends: blocks of them are taken by locks that all test processes of the machine share.
/// </summary>
internal static class FreePort
{
    private const int First = 15000;
    private const int End = 32000;
    private const int BlockSize = 50;

    private static readonly Lock Gate = new();
    private static readonly string LockFolder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "mailproxy-test-ports")).FullName;

    // Held as long as the process lives.
    private static readonly List<FileStream> Locks = [];

    private static int _next;
    private static int _end;

    public static int Take() => TakeRange(1);

    /// <summary>The first of several ports in a row.</summary>
    public static int TakeRange(int count)
    {
        lock (Gate)
        {
            while (true)
            {
                if (_next + count > _end) TakeBlock();
                var first = _next;
                _next += count;
                if (Enumerable.Range(first, count).All(port => IsFree(IPAddress.Any, port) && IsFree(IPAddress.IPv6Any, port))) return first;
            }
        }
    }

    private static void TakeBlock()
    {
        const int Blocks = (End - First) / BlockSize;
        var begin = Random.Shared.Next(Blocks);
        for (var i = 0; i < Blocks; i++)
        {
            var block = First + ((begin + i) % Blocks * BlockSize);
            try
            {
                Locks.Add(new FileStream(Path.Combine(LockFolder, $"{block}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                (_next, _end) = (block, block + BlockSize);
                return;
            }
            catch (IOException)
            {
                // Another process has it, or this one had.
            }
        }

        throw new InvalidOperationException($"Every port from {First} to {End} is taken: see the locks in {LockFolder}.");
    }

    private static bool IsFree(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
