using System.Net;
using System.Net.Sockets;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Syntax;

namespace MailProxy.Authentication;

/// <summary>Finds auth servers that nginx itself was: an <c>auth_http</c> that points at a <c>listen</c> of a block that is skipped here.</summary>
internal static class SkippedListenCheck
{
    public static void Warn(IEnumerable<LoadedBlock<ServerOptions>> servers, IReadOnlyList<ConfNode> blocks, LoadContext context, List<ConfigurationMessage> messages)
    {
        var listens = blocks.SelectMany(block => SkippedListen.FindIn(block, new SkippedFiles(context))).ToList();
        if (listens.Count == 0) return;
        foreach (var (url, item) in servers.SelectMany(server => server.Settings.Items<AuthHttpUrl>("AuthHttp:Url")).Where(row => !row.Value.IsInternal))
        {
            var targets = Targets(url, context.Lookup);
            if (listens.Find(listen => listen.Addresses.Any(address => targets.Exists(target => Takes(address, target)))) is not { } taken) continue;
            var instead = taken.FixedAnswer(url.RequestUri) is { } upstream ? $"; it sends everybody to one server, so write \"proxy_pass {upstream};\" instead" : "";
            messages.Add(new ConfigurationMessage(
                ErrorLogLevel.Warn, $"\"auth_http\" points to an address that the skipped \"{taken.Block}\" block listens on (\"{taken.Address}\" in {taken.Where}): nothing answers there unless nginx goes on running{instead} in {item.Where}"));
        }
    }

    private static List<EndPoint> Targets(AuthHttpUrl url, HostLookup lookup)
    {
        if (url.UnixPath is { } path) return [new UnixDomainSocketEndPoint(path)];
        var hosts = IPAddress.TryParse(url.Host, out var literal) ? [literal] : lookup(url.Host);
        return [.. hosts.Select(host => new IPEndPoint(host, url.Port))];
    }

    /// <summary>Whether a listener at <paramref name="address"/> takes connections to <paramref name="target"/>.</summary>
    private static bool Takes(EndPoint address, EndPoint target) =>
        address.Equals(target)
        || (address is IPEndPoint listener && target is IPEndPoint peer && listener.Port == peer.Port && listener.AddressFamily == peer.AddressFamily
            && (listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any)) && IsOurs(peer.Address));

    /// <summary>Whether it is an address of this machine: only those can be bound.</summary>
    private static bool IsOurs(IPAddress address)
    {
        if (IPAddress.IsLoopback(address)) return true;
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
