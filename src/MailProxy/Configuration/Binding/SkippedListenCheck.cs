using System.Net;
using System.Net.Sockets;
using MailProxy.Authentication;
using MailProxy.Configuration.Grammar;
using MailProxy.Observing.Logs;

namespace MailProxy.Configuration.Binding;

/// <summary>Finds auth servers that nginx itself was: an <c>auth_http</c> that points at a <c>listen</c> of a block that is skipped here.</summary>
internal static class SkippedListenCheck
{
    public static void Warn(IEnumerable<LoadedServer> servers, IReadOnlyList<SkippedListen> listens, HostLookup lookup, List<ConfigurationMessage> messages)
    {
        if (listens.Count == 0) return;
        var items = servers.Select(server => server.Settings["AuthHttp:Url"]).OfType<Setting>().SelectMany(setting => setting.Items);
        foreach (var item in items.Where(item => item[SettingItem.Text] != AuthHttpOptions.Internal))
        {
            var url = AuthHttpUrl.Parse(item[SettingItem.Text]);
            var targets = Targets(url, lookup);
            if (listens.FirstOrDefault(listen => listen.Addresses.Any(address => targets.Exists(target => Takes(address, target)))) is not { } taken) continue;
            var instead = taken.FixedAnswer(url.RequestUri) is { } upstream ? $"; it sends everybody to one server, so write \"proxy_pass {upstream};\" instead" : "";
            messages.Add(new ConfigurationMessage(
                ErrorLogLevel.Warn, $"\"auth_http\" points to an address that the skipped \"{taken.Block}\" block listens on (\"{taken.Address}\" in {taken.Where}): nothing answers there unless nginx goes on running{instead} in {item.Where}"));
        }
    }

    private static List<string> Targets(AuthHttpUrl url, HostLookup lookup)
    {
        if (url.UnixPath is { } path) return [NetAddress.UnixPrefix + path];
        var hosts = IPAddress.TryParse(url.Host, out var literal) ? [literal] : lookup(url.Host);
        return [.. hosts.Select(host => new IPEndPoint(host, url.Port).ToString())];
    }

    /// <summary>Whether a listener at <paramref name="address"/> takes connections to <paramref name="target"/>.</summary>
    private static bool Takes(string address, string target)
    {
        if (address == target) return true;
        return IPEndPoint.TryParse(address, out var listener) && IPEndPoint.TryParse(target, out var peer)
            && listener.Port == peer.Port && listener.AddressFamily == peer.AddressFamily
            && (listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any)) && IsOurs(peer.Address);
    }

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
