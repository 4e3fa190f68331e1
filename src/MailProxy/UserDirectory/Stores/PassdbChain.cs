using MailProxy.Authentication;
using MailProxy.Configuration;
using Microsoft.Extensions.Logging;

namespace MailProxy.UserDirectory.Stores;

/// <summary>The <c>passdb</c> directives of one loaded configuration in their order: the first that knows the user decides.</summary>
internal sealed class PassdbChain : IAsyncDisposable
{
    private readonly IReadOnlyList<IPassdb> _passdbs;
    private readonly PassdbServices _services;

    public PassdbChain(IReadOnlyList<IPassdb> passdbs, PassdbServices services)
    {
        _passdbs = passdbs;
        _services = services;
    }

    /// <summary>Makes what the directives name. Opens nothing: what cannot be opened is said when it is asked.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="services">What outlives it.</param>
    /// <param name="log">The configuration's log.</param>
    /// <exception cref="PassdbException">A directive makes no sense.</exception>
    public static PassdbChain Create(MailProxyOptions options, PassdbServices services, ILogger log) =>
        new([.. options.Passdb.Select(passdb => PassdbFactory.Create(passdb, services, log))], services);

    /// <summary>In the order in which they are asked.</summary>
    public IReadOnlyList<IPassdb> Passdbs => _passdbs;

    /// <summary>Whether the configuration has none.</summary>
    public bool IsEmpty => _passdbs.Count == 0;

    /// <summary>Asks one after the other. One that may know the user and cannot say so leaves no answer: the next one's might be another user's.</summary>
    public async ValueTask<PassdbResult> AuthenticateAsync(PassdbQuery query, CancellationToken cancellationToken)
    {
        foreach (var passdb in _passdbs)
        {
            var started = _services.Time.GetTimestamp();
            var result = await passdb.AuthenticateAsync(query, cancellationToken);
            _services.Metrics.Observe(passdb.Driver, result.Status, _services.Time.GetElapsedTime(started));
            if (result.Status != PassdbStatus.UnknownUser) return result;
        }

        return await SpendTimeAsync(query.Credentials, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var passdb in _passdbs) await passdb.DisposeAsync();
    }

    /// <summary>Whom nobody knows looks like a user of the last one, who has been looked for as long.</summary>
    private async ValueTask<PassdbResult> SpendTimeAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        var isSpent = credentials.Method != AuthMethod.Plain || _passdbs.Count == 0 || await _passdbs[^1].SpendTimeAsync(credentials, cancellationToken);
        return new PassdbResult(isSpent ? PassdbStatus.UnknownUser : PassdbStatus.Unavailable);
    }
}
