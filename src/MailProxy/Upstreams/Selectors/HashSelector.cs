using System.Buffers.Text;
using System.IO.Hashing;

namespace MailProxy.Upstreams.Selectors;

/// <summary><c>hash key</c>, as nginx counts: where the server that the key leads to cannot be used, the key is hashed again with a number before it.</summary>
/// <param name="peers">All servers of the group, used or not.</param>
internal sealed class HashSelector(IReadOnlyList<UpstreamPeer> peers) : IUpstreamSelector
{
    // As nginx: then any will do.
    private const int MostTries = 20;

    private readonly long _totalWeight = peers.Sum(peer => (long)peer.Options.Weight);

    public UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable, ReadOnlySpan<byte> key)
    {
        var sum = 0L;
        for (var rehash = 0; rehash < MostTries; rehash++)
        {
            sum += Hash(rehash, key);
            var at = sum % _totalWeight;
            foreach (var peer in peers)
            {
                at -= peer.Options.Weight;
                if (at >= 0) continue;
                if (usable.Contains(peer)) return peer;
                break;
            }
        }

        return RoundRobinSelector.Select(usable);
    }

    private static uint Hash(int rehash, ReadOnlySpan<byte> key)
    {
        var crc = new Crc32();
        if (rehash > 0)
        {
            Span<byte> digits = stackalloc byte[11];
            Utf8Formatter.TryFormat(rehash, digits, out var length);
            crc.Append(digits[..length]);
        }

        crc.Append(key);
        return (crc.GetCurrentHashAsUInt32() >> 16) & 0x7FFF;
    }
}
