using System.Collections.Concurrent;
using System.Globalization;
using DnsClient;

namespace MailProxy.Resolving;

/// <summary>The name servers of each <c>resolver</c>. They keep their answers: the same settings after a reload find them.</summary>
internal sealed class DnsClients(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, NameServers> _servers = new(StringComparer.Ordinal);

    /// <param name="options">The name servers, at least one.</param>
    /// <param name="keepsAnswers">Whether an answer may be one of before, for as long as its TTL or <c>valid=</c> says.</param>
    public NameServers For(ResolverOptions options, bool keepsAnswers) =>
        _servers.GetOrAdd(KeyOf(options, keepsAnswers), _ => new NameServers(options, keepsAnswers, time));

    /// <summary>What addresses of a name are asked for (<c>ipv4=</c>, <c>ipv6=</c>).</summary>
    public static QueryType[] AddressTypes(ResolverOptions options) => (options.Ipv4, options.Ipv6) switch
    {
        (true, true) => [QueryType.A, QueryType.AAAA],
        (false, true) => [QueryType.AAAA],
        _ => [QueryType.A],
    };

    private static string KeyOf(ResolverOptions options, bool keepsAnswers) => string.Create(
        CultureInfo.InvariantCulture, $"{string.Join(' ', options.Servers)}|{options.Valid?.Ticks}|{options.Timeout.Ticks}|{keepsAnswers}");
}
