using System.Collections.Concurrent;

namespace MailProxy.Transport.OpenSsl;

/// <summary>The sessions of <c>ssl_session_cache shared:name:size</c>: one store for every server, loop and configuration that names it; the oldest make room.</summary>
internal sealed class SessionStore
{
    // About 4000 sessions a megabyte, as nginx has it.
    private const int BytesOfSession = 256;

    private static readonly ConcurrentDictionary<string, SessionStore> Stores = new();

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byAge = new();
    private int _capacity;

    /// <summary>The store of this name.</summary>
    public static SessionStore Named(string name, long size)
    {
        var store = Stores.GetOrAdd(name, static _ => new SessionStore());
        store._capacity = (int)Math.Clamp(size / BytesOfSession, 1, int.MaxValue);
        return store;
    }

    public void Add(ReadOnlySpan<byte> id, byte[] session)
    {
        var key = Convert.ToHexString(id);
        lock (_gate)
        {
            RemoveLocked(key);
            while (_entries.Count >= _capacity) RemoveLocked(_byAge.First!.Value.Key);
            _entries[key] = _byAge.AddLast(new Entry(key, session));
        }
    }

    public byte[]? Find(ReadOnlySpan<byte> id)
    {
        lock (_gate) return _entries.TryGetValue(Convert.ToHexString(id), out var node) ? node.Value.Session : null;
    }

    public void Remove(ReadOnlySpan<byte> id)
    {
        lock (_gate) RemoveLocked(Convert.ToHexString(id));
    }

    private void RemoveLocked(string key)
    {
        if (_entries.Remove(key, out var node)) _byAge.Remove(node);
    }

    private sealed record Entry(string Key, byte[] Session);
}
