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

    /// <param name="options">The name servers.</param>
    /// <param name="keepsAnswers">Whether an answer may be one of before, for as long as its TTL or <c>valid=</c> says.</param>
    public LookupClient For(ResolverOptions options, bool keepsAnswers) => _clients.GetOrAdd(KeyOf(options, keepsAnswers), _ => CreateClient(options, keepsAnswers));

    /// <summary>What addresses of a name are asked for (<c>ipv4=</c>, <c>ipv6=</c>).</summary>
    public static QueryType[] AddressTypes(ResolverOptions options) => (options.Ipv4, options.Ipv6) switch
    {
        (true, true) => [QueryType.A, QueryType.AAAA],
        (false, true) => [QueryType.AAAA],
        _ => [QueryType.A],
    };

    private static string KeyOf(ResolverOptions options, bool keepsAnswers) => string.Create(
        CultureInfo.InvariantCulture, $"{string.Join(' ', options.Servers)}|{options.Valid?.Ticks}|{options.Timeout.Ticks}|{keepsAnswers}");

    private static LookupClient CreateClient(ResolverOptions options, bool keepsAnswers)
    {
        // As nginx does: a question is sent again after five seconds, to the next server, until the lookup's own time is up.
        var resend = TimeSpan.FromSeconds(5);
        var settings = new LookupClientOptions([.. options.Servers.Select(ParseServer)])
        {
            UseCache = keepsAnswers,
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
