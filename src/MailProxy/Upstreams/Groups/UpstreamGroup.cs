using System.Net;
using MailProxy.Configuration;
using MailProxy.Upstreams.Selectors;

namespace MailProxy.Upstreams.Groups;

/// <summary>The servers of one <c>upstream</c>, or of one host name, and how they do: whoever logs in takes one, and says how it went.</summary>
internal sealed class UpstreamGroup
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly IMailSelector? _own;
    private readonly List<UpstreamPeer> _usable = [];
    private readonly RoundRobinSelector _backupSelector = new();
    private UpstreamPeer[] _peers = [];
    private IUpstreamSelector _selector;

    public UpstreamGroup(UpstreamGroupOptions options, TimeProvider time, IMailSelector? own = null)
    {
        _own = own;
        Options = options;
        _time = time;
        Names = [.. options.Servers.Where(server => server.Resolve)];
        var literal = options.Servers.Where(server => !server.Resolve).Select(server => new UpstreamPeer(server, server.Address.EndPoint!));
        _selector = new RoundRobinSelector();
        Peers = [.. literal];
    }

    public UpstreamGroupOptions Options { get; }

    public string Name => Options.Name;

    /// <summary>Whether the configuration names it: what auth servers name is no closed set, and has no metrics.</summary>
    public bool IsNamed { get; init; } = true;

    /// <summary>The servers whose addresses a name server knows.</summary>
    public IReadOnlyList<UpstreamServerOptions> Names { get; }

    /// <summary>The servers as they are now. What is set keeps the state of those that were there before.</summary>
    public IReadOnlyList<UpstreamPeer> Peers
    {
        get => Volatile.Read(ref _peers);
        set
        {
            lock (_gate)
            {
                Volatile.Write(ref _peers, [.. value]);
                _selector = CreateSelector([.. value.Where(peer => !peer.Options.Backup)]);
            }
        }
    }

    /// <summary>Told when a server begins to be avoided, or is used again; not on the loops only.</summary>
    public Action<UpstreamPeer, UpstreamChange>? Changed { get; set; }

    /// <summary>The key of a login, empty where the method has none; the program's own selector gets the login.</summary>
    public byte[] KeyOf(byte[] login, IPAddress? client) => Options.Balancing.HashKey is { } key ? key.Expand(login, client, Options.Balancing.HashExact) : _own is not null ? login : [];

    /// <summary>Chooses a server and counts a session there; it is to be released.</summary>
    /// <param name="key">The login's key.</param>
    /// <param name="tried">Servers that have failed this login.</param>
    /// <returns>Null where none is left.</returns>
    public UpstreamPeer? Take(ReadOnlySpan<byte> key, IReadOnlyList<UpstreamPeer> tried)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var peer = Select(_selector, isBackup: false, key, tried, now) ?? Select(_backupSelector, isBackup: true, key, tried, now);
            if (peer is null) return null;
            if (peer.CheckedAt == long.MinValue || _time.GetElapsedTime(peer.CheckedAt, now) > peer.Options.FailTimeout) peer.CheckedAt = now;
            peer.Take();
            return peer;
        }
    }

    /// <summary>Whether a new session could go to this server.</summary>
    public bool IsUsable(UpstreamPeer peer)
    {
        lock (_gate) return peer.IsOpen && IsAlive(peer, _time.GetTimestamp());
    }

    /// <summary>A login got as far as the server's greeting, or further.</summary>
    public void ReportSuccess(UpstreamPeer peer)
    {
        lock (_gate)
        {
            if (peer.Fails == 0 || peer.FailedAt >= peer.CheckedAt) return;
            var wasAvoided = HasFailedTooOften(peer);
            peer.Fails = 0;
            if (!wasAvoided) return;
        }

        Changed?.Invoke(peer, UpstreamChange.Back);
    }

    /// <summary>A login failed there before the server was told who it is.</summary>
    public void ReportFailure(UpstreamPeer peer)
    {
        lock (_gate)
        {
            peer.Fails++;
            peer.FailedAt = peer.CheckedAt = _time.GetTimestamp();
            if (peer.Options.MaxFails == 0) return;
            peer.EffectiveWeight = Math.Max(0, peer.EffectiveWeight - (peer.Options.Weight / peer.Options.MaxFails));
            if (peer.Fails != peer.Options.MaxFails || IsAlone) return;
        }

        Changed?.Invoke(peer, UpstreamChange.Avoided);
    }

    /// <summary>What <c>health_check</c> found.</summary>
    public void ReportCheck(UpstreamPeer peer, bool isGood, HealthCheckOptions options)
    {
        lock (_gate)
        {
            // A login need not be the first to try it again.
            if (isGood) peer.Fails = 0;
            peer.ChecksAgainst = peer.IsHealthy == isGood ? 0 : peer.ChecksAgainst + 1;
            if (peer.ChecksAgainst < (isGood ? options.Passes : options.Fails) || peer.ChecksAgainst == 0) return;
            peer.ChecksAgainst = 0;
            peer.IsHealthy = isGood;
        }

        Changed?.Invoke(peer, isGood ? UpstreamChange.Healthy : UpstreamChange.Unhealthy);
    }

    /// <summary>As in nginx, failures of the only server do not count: there is no other.</summary>
    private bool IsAlone => _peers.Length == 1;

    private UpstreamPeer? Select(IUpstreamSelector selector, bool isBackup, ReadOnlySpan<byte> key, IReadOnlyList<UpstreamPeer> tried, long now)
    {
        _usable.Clear();
        foreach (var peer in _peers)
        {
            if (peer.Options.Backup == isBackup && peer.IsOpen && !peer.IsFull && IsAlive(peer, now) && !tried.Contains(peer)) _usable.Add(peer);
        }

        return _usable.Count == 0 ? null : selector.Select(_usable, key);
    }

    private bool IsAlive(UpstreamPeer peer, long now) =>
        peer.IsHealthy && (IsAlone || !HasFailedTooOften(peer) || _time.GetElapsedTime(peer.CheckedAt, now) > peer.Options.FailTimeout);

    private static bool HasFailedTooOften(UpstreamPeer peer) => peer.Options.MaxFails > 0 && peer.Fails >= peer.Options.MaxFails;

    private IUpstreamSelector CreateSelector(UpstreamPeer[] peers) => Options.Balancing.Method switch
    {
        UpstreamMethod.LeastConn => new LeastConnectionsSelector(),
        UpstreamMethod.Random => new RandomSelector(two: false, Random.Shared),
        UpstreamMethod.RandomTwo => new RandomSelector(two: true, Random.Shared),
        UpstreamMethod.Hash => new HashSelector(peers),
        UpstreamMethod.ConsistentHash => new ConsistentHashSelector(peers),
        _ => _own is null ? new RoundRobinSelector() : new OwnSelector(_own),
    };
}

/// <summary>What becomes of a server.</summary>
internal enum UpstreamChange
{
    /// <summary>Logins failed there: it is avoided for <c>fail_timeout</c>.</summary>
    Avoided,

    /// <summary>A login was good again.</summary>
    Back,

    /// <summary><c>health_check</c> finds it dead.</summary>
    Unhealthy,

    /// <summary><c>health_check</c> finds it alive again.</summary>
    Healthy,
}
