using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>
/// Ports for servers that read theirs from a file before they bind it. Taken below the kernel's ephemeral range, since a port
/// of that range may become the source of some client's connection before its server has started.
/// </summary>
internal static class FreePort
{
    private const int First = 15000;
    private const int End = 32000;

    private static readonly ConcurrentDictionary<int, bool> Taken = [];

    public static int Take()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, End);
            if (Taken.ContainsKey(port) || !IsFree(IPAddress.Any, port) || !IsFree(IPAddress.IPv6Any, port)) continue;
            if (Taken.TryAdd(port, true)) return port;
        }
    }

    /// <summary>The first of several ports in a row.</summary>
    public static int TakeRange(int count)
    {
        while (true)
        {
            var first = Take();
            var rest = Enumerable.Range(first + 1, count - 1);
            if (rest.All(port => IsFree(IPAddress.Any, port) && Taken.TryAdd(port, true))) return first;
        }
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
