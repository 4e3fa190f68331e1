using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace MailProxy.Upstreams.Selectors;

/// <summary>
/// <c>hash key consistent</c>: nginx's ring of 160 points for each unit of weight (ketama), so that every proxy with the
/// same servers in any order sends a key to the same one, nginx included.
/// </summary>
internal sealed class ConsistentHashSelector : IUpstreamSelector
{
    private const int PointsPerWeight = 160;

    private readonly uint[] _hashes;
    private readonly UpstreamPeer[] _owners;

    /// <param name="peers">All servers of the group: one that cannot be used now keeps its points, and only its own keys move on.</param>
    public ConsistentHashSelector(IEnumerable<UpstreamPeer> peers)
    {
        var points = new SortedDictionary<uint, UpstreamPeer>();
        foreach (var peer in peers)
        {
            foreach (var point in PointsOf(peer)) points.TryAdd(point, peer);
        }

        _hashes = [.. points.Keys];
        _owners = [.. points.Values];
    }

    public UpstreamPeer Select(IReadOnlyList<UpstreamPeer> usable, ReadOnlySpan<byte> key)
    {
        var start = Array.BinarySearch(_hashes, Crc32.HashToUInt32(key));
        if (start < 0) start = ~start;
        for (var step = 0; step < _owners.Length; step++)
        {
            var owner = _owners[(start + step) % _owners.Length];
            if (usable.Contains(owner)) return owner;
        }

        return RoundRobinSelector.Select(usable);
    }

    /// <summary>Each point is the hash of host, NUL, port and the point before it.</summary>
    private static IEnumerable<uint> PointsOf(UpstreamPeer peer)
    {
        var name = Encoding.UTF8.GetBytes(HashedName(peer.HashName));
        var previous = new byte[sizeof(uint)];
        for (var i = 0; i < peer.Options.Weight * PointsPerWeight; i++)
        {
            var crc = new Crc32();
            crc.Append(name);
            crc.Append(previous);
            var point = crc.GetCurrentHashAsUInt32();
            BinaryPrimitives.WriteUInt32LittleEndian(previous, point);
            yield return point;
        }
    }

    private static string HashedName(string name)
    {
        if (name.StartsWith("unix:", StringComparison.OrdinalIgnoreCase)) return name["unix:".Length..] + '\0';
        var colon = name.LastIndexOf(':');
        return colon < 0 ? name + '\0' : $"{name[..colon]}\0{name[(colon + 1)..]}";
    }
}
