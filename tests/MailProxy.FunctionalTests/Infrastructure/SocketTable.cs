using System.Globalization;
using System.Net;

namespace MailProxy.FunctionalTests.Infrastructure;

/// <summary>What the kernel says of TCP sockets, also of other processes' (<c>/proc/net/tcp</c>).</summary>
internal static class SocketTable
{
    /// <summary>Whether the socket between these two addresses of loopback holds bytes that its owner has not read. False where there is none.</summary>
    public static bool HasUnread(EndPoint local, EndPoint remote)
    {
        var file = local is IPEndPoint { Address: { IsIPv4MappedToIPv6: false, AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6 } } ? "/proc/net/tcp6" : "/proc/net/tcp";
        var ends = string.Create(CultureInfo.InvariantCulture, $":{((IPEndPoint)local).Port:X4} ");
        var peer = string.Create(CultureInfo.InvariantCulture, $":{((IPEndPoint)remote).Port:X4} ");
        foreach (var line in File.ReadLines(file))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 5 || !(words[1] + " ").EndsWith(ends, StringComparison.Ordinal) || !(words[2] + " ").EndsWith(peer, StringComparison.Ordinal)) continue;
            return words[4].Split(':')[1].Any(digit => digit != '0');
        }

        return false;
    }
}
