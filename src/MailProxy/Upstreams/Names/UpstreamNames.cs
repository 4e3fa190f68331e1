using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using MailProxy.Resolving;

namespace MailProxy.Upstreams.Names;

/// <summary>The addresses of a host name, and how long they may be believed.</summary>
/// <param name="Addresses">In order, so that the same answer gives the same servers.</param>
/// <param name="Unknown">Families whose addresses could not be found out.</param>
/// <param name="TimeToLive">How long.</param>
internal readonly record struct ResolvedName(IReadOnlyList<IPAddress> Addresses, IReadOnlyList<AddressFamily> Unknown, TimeSpan TimeToLive);

/// <summary>Finds servers by name: at the name servers of <c>resolver</c>, else as the system does, with its search list and <c>/etc/hosts</c>.</summary>
internal sealed class UpstreamNames(DnsClients clients)
{
    // The system does not tell how long its answers are good for, and half an answer is to be asked for again.
    private static readonly TimeSpan SystemTimeToLive = TimeSpan.FromSeconds(10);

    // A TTL of 0 is meant for one use; asking for every login of a burst would be unkind.
    private static readonly TimeSpan LeastTimeToLive = TimeSpan.FromSeconds(1);

    /// <returns>Null where no answer is to be had, in time or at all, or the name has no address.</returns>
    public async ValueTask<ResolvedName?> ResolveAsync(ResolverOptions options, string host, CancellationToken cancellationToken)
    {
        try
        {
            var resolved = options.Servers.Count == 0 ? await AskSystemAsync(host, cancellationToken) : await AskServersAsync(options, host, cancellationToken);
            return resolved.Addresses.Count == 0 ? null : resolved;
        }
        // Not by type: whatever it is, there is no answer.
        catch (Exception)
        {
            return null;
        }
    }

    // The system's lookup cannot be ended, but nobody has to wait for it.
    private static async ValueTask<ResolvedName> AskSystemAsync(string host, CancellationToken cancellationToken) =>
        new(InOrder(await Dns.GetHostAddressesAsync(host, cancellationToken).WaitAsync(cancellationToken)), [], SystemTimeToLive);

    private async ValueTask<ResolvedName> AskServersAsync(ResolverOptions options, string host, CancellationToken cancellationToken)
    {
        var dns = clients.For(options, keepsAnswers: false);
        var types = DnsClients.AddressTypes(options);
        var answers = await Task.WhenAll(types.Select(type => dns.AskAsync(host.TrimEnd('.') + ".", type, cancellationToken)));
        List<AddressFamily> unknown = [.. types.Zip(answers).Where(pair => pair.Second.IsFailure).Select(pair => FamilyOf(pair.First))];
        var timeToLive = answers.Where(answer => answer.Records.Count > 0).Select(answer => options.Valid ?? answer.TimeToLive).DefaultIfEmpty().Min();
        if (timeToLive < LeastTimeToLive) timeToLive = LeastTimeToLive;
        if (unknown.Count > 0 && timeToLive > SystemTimeToLive) timeToLive = SystemTimeToLive;
        return new(InOrder(answers.SelectMany(answer => answer.Records).OfType<AddressRecord>().Select(record => record.Address)), unknown, timeToLive);
    }

    private static AddressFamily FamilyOf(QueryType type) => type == QueryType.AAAA ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    private static List<IPAddress> InOrder(IEnumerable<IPAddress> addresses) =>
        [.. addresses.Distinct().OrderBy(address => address.AddressFamily == AddressFamily.InterNetworkV6).ThenBy(address => address.ToString(), StringComparer.Ordinal)];
}
