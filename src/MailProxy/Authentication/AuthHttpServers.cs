namespace MailProxy.Authentication;

/// <summary>The auth servers of one <c>auth_http</c>, how they have answered, and what is remembered of their answers. Lives as long as the options.</summary>
internal sealed class AuthHttpServers
{
    private AuthHttpServers(AuthHttpOptions options, List<AuthHttpServer> servers, TimeProvider time)
    {
        All = servers;
        Cache = options.CacheValid > TimeSpan.Zero ? new AuthCache(options.CacheValid, time) : null;
    }

    /// <summary>In the order of the configuration.</summary>
    public IReadOnlyList<AuthHttpServer> All { get; }

    /// <summary>Null where nothing is remembered.</summary>
    public AuthCache? Cache { get; }

    /// <summary>Finds the servers' addresses.</summary>
    /// <exception cref="FormatException">A URL is not one of <c>auth_http</c>'s.</exception>
    /// <exception cref="AuthHostException">A host is not known.</exception>
    public static async ValueTask<AuthHttpServers> ResolveAsync(AuthHttpOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var servers = new List<AuthHttpServer>(options.Url.Count);
        foreach (var url in options.Url) servers.Add(new AuthHttpServer(await AuthHttpAddress.ResolveAsync(url, cancellationToken), time));
        return new AuthHttpServers(options, servers, time);
    }

    /// <summary>In the order in which they are to be asked: those that have just failed come last.</summary>
    public IReadOnlyList<AuthHttpServer> InTurn() => All.Count == 1 ? All : [.. All.OrderBy(server => server.IsAvoided)];
}

/// <summary>One auth server.</summary>
internal sealed class AuthHttpServer(AuthHttpAddress address, TimeProvider time)
{
    private static readonly TimeSpan AvoidedFor = TimeSpan.FromSeconds(10);

    private long _avoidedUntil = long.MinValue;

    public AuthHttpAddress Address => address;

    /// <summary>Whether it has failed a moment ago.</summary>
    public bool IsAvoided => time.GetTimestamp() < Volatile.Read(ref _avoidedUntil);

    public void Report(bool hasAnswered) => Volatile.Write(
        ref _avoidedUntil, hasAnswered ? long.MinValue : time.GetTimestamp() + (long)(AvoidedFor.TotalSeconds * time.TimestampFrequency));
}
