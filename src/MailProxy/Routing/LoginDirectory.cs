using MailProxy.Configuration;
using MailProxy.Passdb;
using MailProxy.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailProxy.Routing;

/// <summary>The users of the configuration in force. A reload replaces them; who is being asked about is still answered by those that were asked.</summary>
internal sealed class LoginDirectory(PassdbServices services) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Users? _current;

    /// <summary>Whether the configuration has a <c>passdb</c>.</summary>
    public bool HasUsers => _current is { Chain.IsEmpty: false };

    /// <summary><c>auth_endpoint_key</c>; empty without one.</summary>
    public string EndpointKey => _current?.Options.AuthEndpointKey ?? "";

    /// <summary>The process's log.</summary>
    public ILogger Log => _current?.Log ?? NullLogger.Instance;

    /// <summary>Asks the users of this configuration from now on.</summary>
    public void PutInForce(MailProxyOptions options, ILogger log)
    {
        Users? old;
        lock (_gate) (old, _current) = (_current, new Users(options, PassdbChain.Create(options, services, log), log));
        if (old is not null) ReturnAsync(old).AsTask().Forget("closing the users of the configuration before");
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

    /// <inheritdoc cref="PassdbChain.CheckAsync"/>
    public async ValueTask<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (Take() is not { } users) return null;
        try
        {
            return await users.Chain.CheckAsync(cancellationToken);
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
        if (last is not null) await ReturnAsync(last);
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
    private sealed class Users(MailProxyOptions options, PassdbChain chain, ILogger log)
    {
        public MailProxyOptions Options => options;

        public PassdbChain Chain => chain;

        public ILogger Log => log;

        /// <summary>Who uses the chain: whoever asks it, and the configuration while it is in force.</summary>
        public int Holders { get; set; } = 1;
    }
}
