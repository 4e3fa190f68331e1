using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using DnsClient;
using MailProxy.Configuration;

namespace MailProxy.Connections;

/// <summary>What asks the name servers of each <c>resolver</c>. A client keeps its cache: the same settings after a reload find it warm.</summary>
internal sealed class DnsClients
{
    private readonly ConcurrentDictionary<string, LookupClient> _clients = new(StringComparer.Ordinal);

    public LookupClient For(ResolverOptions options) => _clients.GetOrAdd(KeyOf(options), _ => CreateClient(options));

    /// <summary>What addresses of a name are asked for (<c>ipv4=</c>, <c>ipv6=</c>).</summary>
    public static QueryType[] AddressTypes(ResolverOptions options) => (options.Ipv4, options.Ipv6) switch
    {
        (true, true) => [QueryType.A, QueryType.AAAA],
        (false, true) => [QueryType.AAAA],
        _ => [QueryType.A],
    };

    private static string KeyOf(ResolverOptions options) => string.Create(
        CultureInfo.InvariantCulture, $"{string.Join(' ', options.Servers)}|{options.Valid?.Ticks}|{options.Timeout.Ticks}");

    private static LookupClient CreateClient(ResolverOptions options)
    {
        // As nginx does: a question is sent again after five seconds, to the next server, until the lookup's own time is up.
        var resend = TimeSpan.FromSeconds(5);
        var settings = new LookupClientOptions([.. options.Servers.Select(ParseServer)])
        {
            UseCache = true,
            Timeout = resend,
            Retries = (int)Math.Clamp(options.Timeout / resend, 1, 100),
            ThrowDnsErrors = false,
            ExtendedDnsBufferSize = LookupClientOptions.MinimumBufferSize,
            UseTcpFallback = true,
        };
        if (options.Valid is { } valid)
        {
            settings.MinimumCacheTimeout = valid;
            settings.MaximumCacheTimeout = valid;
        }

        return new LookupClient(settings);
    }

    private static NameServer ParseServer(string text)
    {
        var endPoint = IPEndPoint.Parse(text);
        return new NameServer(endPoint.Address, endPoint.Port == 0 ? NameServer.DefaultPort : endPoint.Port);
    }
}
