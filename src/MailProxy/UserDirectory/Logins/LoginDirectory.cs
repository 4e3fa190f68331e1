using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Transport.Guards;
using MailProxy.UserDirectory.Stores;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailProxy.UserDirectory.Logins;

/// <summary>The users of the configuration in force. A reload replaces them; who is being asked about is still answered by those that were asked.</summary>
internal sealed class LoginDirectory(PassdbServices services) : IConfigured, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Users? _current;

    /// <summary>Whether the configuration has a <c>passdb</c>.</summary>
    public bool HasUsers => _current is { Chain.IsEmpty: false };

    /// <summary><c>auth_endpoint_key</c>; empty without one.</summary>
    public string EndpointKey => _current?.Options.AuthEndpointKey ?? "";

    /// <summary>The process's log.</summary>
    public ILogger Log => _current?.Log ?? NullLogger.Instance;

    /// <summary>What is wrong with a passdb that cannot be asked, as it was a second ago; null where nothing is.</summary>
    public string? Problem => _current?.Watches.Select(watch => watch.Problem).FirstOrDefault(problem => problem is not null);

    /// <inheritdoc/>
    public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        try
        {
            var users = Prepare(preparation.Options, preparation.Of<ErrorLogSet>().Process);
            return ValueTask.FromResult<IPrepared>(new Prepared<Users>(users, commit: () => PutInForce(users), undo: () => DiscardAsync(users)));
        }
        catch (PassdbException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    /// <summary>Makes the users of a configuration that may be put in force.</summary>
    /// <exception cref="PassdbException">A <c>passdb</c> makes no sense.</exception>
    public Users Prepare(MailProxyOptions options, ILogger log) => new(options, PassdbChain.Create(options, services, log), log);

    /// <summary>Asks these users from now on, and looks whether they can be asked.</summary>
    /// <param name="users">What <see cref="Prepare"/> made.</param>
    public void PutInForce(Users users)
    {
        var before = HasUsers ? Problem : "no passdb has been asked yet";
        users.Watches = [.. users.Chain.Passdbs.Select(passdb => new PassdbWatch(passdb, services.Time, users.Log, before))];
        Users? old;
        lock (_gate) (old, _current) = (_current, users);
        if (old is not null) DiscardAsync(old).AsTask().Forget("closing the users of the configuration before");
    }

    /// <summary>Closes users that are not in force, once nobody is being asked about.</summary>
    public ValueTask DiscardAsync(Users users)
    {
        foreach (var watch in users.Watches) watch.Dispose();
        return ReturnAsync(users);
    }

    /// <inheritdoc cref="PassdbChain.AuthenticateAsync"/>
    public async ValueTask<PassdbResult> AuthenticateAsync(PassdbQuery query, CancellationToken cancellationToken)
    {
        if (Take() is not { } users) return new PassdbResult(PassdbStatus.Unavailable);
        try
        {
            return await users.Chain.AuthenticateAsync(query, cancellationToken);
        }
        finally
        {
            await ReturnAsync(users);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Users? last;
        lock (_gate) (last, _current) = (_current, null);
        if (last is not null) await DiscardAsync(last);
    }

    private Users? Take()
    {
        lock (_gate)
        {
            if (_current is not { } users) return null;
            users.Holders++;
            return users;
        }
    }

    private async ValueTask ReturnAsync(Users users)
    {
        lock (_gate)
        {
            if (--users.Holders > 0) return;
        }

        await users.Chain.DisposeAsync();
    }

    /// <summary>The users of one configuration.</summary>
    internal sealed class Users(MailProxyOptions options, PassdbChain chain, ILogger log)
    {
        public MailProxyOptions Options => options;

        public PassdbChain Chain => chain;

        public ILogger Log => log;

        /// <summary>Whether they can be asked; empty until they are in force.</summary>
        public IReadOnlyList<PassdbWatch> Watches { get; set; } = [];

        /// <summary>Who uses the chain: whoever asks it, and the configuration while it is in force.</summary>
        public int Holders { get; set; } = 1;
    }
}
