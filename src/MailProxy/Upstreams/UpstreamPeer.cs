using System.Net;
using MailProxy.Observing;

namespace MailProxy.Upstreams;

/// <summary>One server of a group at one address: what is known of it, and how many sessions it has. All but the sessions is guarded by its group.</summary>
/// <param name="options">What the configuration says of it.</param>
/// <param name="endPoint">Where it is.</param>
internal sealed class UpstreamPeer(UpstreamServerOptions options, EndPoint endPoint)
{
    private int _sessions;

    public UpstreamServerOptions Options { get; } = options;

    public EndPoint EndPoint { get; } = endPoint;

    /// <summary><c>ip:port</c>, as logs and metrics name it.</summary>
    public string Name { get; } = NginxAddress.WithPort(endPoint);

    /// <summary>The name that hashes are made of: what the configuration says, or with <c>resolve</c> the address.</summary>
    public string HashName { get; } = options.Resolve ? NginxAddress.WithPort(endPoint) : options.Address.ToString();

    /// <summary>The name that its certificate has to carry; null for a unix socket.</summary>
    public string? TlsHost => Options.Host.Length > 0 ? Options.Host : null;

    /// <summary>Sessions now open there, logins included.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>False while <c>health_check</c> finds it dead.</summary>
    public bool IsHealthy { get; set; } = true;

    /// <summary>What the last try of <c>health_check</c> found; null where nothing is wrong.</summary>
    public string? Problem { get; set; }

    /// <summary>Tries of <c>health_check</c> in a row that say other than <see cref="IsHealthy"/>.</summary>
    public int ChecksAgainst { get; set; }

    /// <summary>Logins that failed there since one was good.</summary>
    public int Fails { get; set; }

    /// <summary>When one failed last, in ticks of the clock.</summary>
    public long FailedAt { get; set; } = long.MinValue;

    /// <summary>The last time that counts for <c>fail_timeout</c>.</summary>
    public long CheckedAt { get; set; } = long.MinValue;

    /// <summary>The weight as it is after failures, which it recovers from step by step.</summary>
    public int EffectiveWeight { get; set; } = options.Weight;

    /// <summary>nginx's smooth round robin: grows by the weight with each choice, and falls by all weights when chosen.</summary>
    public int CurrentWeight { get; set; }

    /// <summary>Whether the configuration lets it have new sessions.</summary>
    public bool IsOpen => !Options.Down && !Options.Drain;

    public bool IsFull => Options.MaxConns > 0 && Sessions >= Options.MaxConns;

    /// <summary>Counts one more session.</summary>
    public void Take() => Interlocked.Increment(ref _sessions);

    /// <summary>A session has ended, or its login has failed.</summary>
    public void Release() => Interlocked.Decrement(ref _sessions);

    public override string ToString() => Name;
}
