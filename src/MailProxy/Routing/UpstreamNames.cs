using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using MailProxy.Configuration;
using MailProxy.Connections;

namespace MailProxy.Routing;

/// <summary>The addresses of a host name, and how long they may be believed.</summary>
/// <param name="Addresses">In order, so that the same answer gives the same servers.</param>
/// <param name="TimeToLive">How long.</param>
internal readonly record struct ResolvedName(IReadOnlyList<IPAddress> Addresses, TimeSpan TimeToLive);

/// <summary>Finds servers by name: at the name servers of <c>resolver</c>, else as the system does, with its search list and <c>/etc/hosts</c>.</summary>
internal sealed class UpstreamNames(DnsClients clients)
{
    // The system does not tell how long its answers are good for.
    private static readonly TimeSpan SystemTimeToLive = TimeSpan.FromSeconds(10);

    // A TTL of 0 is meant for one use; asking for every login of a burst would be unkind.
    private static readonly TimeSpan LeastTimeToLive = TimeSpan.FromSeconds(1);

    /// <returns>Null where no answer is to be had, or the name has no address.</returns>
    public async ValueTask<ResolvedName?> ResolveAsync(ResolverOptions options, string host, CancellationToken cancellationToken)
    {
        try
        {
            var resolved = options.Servers.Count == 0 ? await AskSystemAsync(host, cancellationToken) : await AskServersAsync(options, host, cancellationToken);
            return resolved.Addresses.Count == 0 ? null : resolved;
        }
        // Not by type: what a name server sends makes the library throw whatever its parser met.
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async ValueTask<ResolvedName> AskSystemAsync(string host, CancellationToken cancellationToken) =>
        new(InOrder(await Dns.GetHostAddressesAsync(host, cancellationToken)), SystemTimeToLive);

    private async ValueTask<ResolvedName> AskServersAsync(ResolverOptions options, string host, CancellationToken cancellationToken)
    {
        var dns = clients.For(options, keepsAnswers: false);
        var replies = await Task.WhenAll(DnsClients.AddressTypes(options).Select(type => dns.QueryAsync(host.TrimEnd('.') + ".", type, QueryClass.IN, cancellationToken)));
        var records = replies.SelectMany(reply => reply.Answers).ToList();
        var timeToLive = options.Valid ?? TimeSpan.FromSeconds(records.Select(record => record.TimeToLive).DefaultIfEmpty().Min());
        return new(InOrder(records.OfType<AddressRecord>().Select(record => record.Address)), timeToLive < LeastTimeToLive ? LeastTimeToLive : timeToLive);
    }

    private static List<IPAddress> InOrder(IEnumerable<IPAddress> addresses) =>
        [.. addresses.Distinct().OrderBy(address => address.AddressFamily == AddressFamily.InterNetworkV6).ThenBy(address => address.ToString(), StringComparer.Ordinal)];
}
