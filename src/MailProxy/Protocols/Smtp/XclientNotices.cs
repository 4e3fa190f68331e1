using System.Collections.Concurrent;

namespace MailProxy.Protocols.Smtp;

/// <summary>Upstreams that were already logged as not offering XCLIENT: once each, not once a session.</summary>
internal sealed class XclientNotices
{
    /// <summary>An auth server may name any address; the list must not grow with it.</summary>
    private const int Most = 1024;

    private readonly ConcurrentDictionary<string, bool> _known = new();

    /// <returns>True the first time for this upstream.</returns>
    public bool IsNews(string upstream) => _known.Count < Most && _known.TryAdd(upstream, true);
}
