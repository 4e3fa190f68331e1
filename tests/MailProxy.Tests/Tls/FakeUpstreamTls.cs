using MailProxy.Transport.Tls;

namespace MailProxy.Tests.Tls;

/// <summary>An engine and a feature that do no TLS: a handshake is noted, and fails where it is to.</summary>
internal sealed class FakeUpstreamTls : ITlsEngine, ITlsFeature
{
    /// <summary>The options of every context that was made.</summary>
    public List<TlsClientOptions> Contexts { get; } = [];

    /// <summary>The targets of all handshakes.</summary>
    public List<TlsTarget> Targets { get; } = [];

    /// <summary>What handshakes come to.</summary>
    public TlsException? Failure { get; init; }

    public TlsSession? Session => null;

    public TlsServerContext CreateServerContext(TlsServerOptions options, TlsServerContext? previous = null) => throw new NotSupportedException();

    public TlsClientContext CreateClientContext(TlsClientOptions options)
    {
        Contexts.Add(options);
        return options.Ciphers == "bad" ? throw new TlsConfigurationException("bad ciphers") : new Context();
    }

    public ValueTask<TlsSession> AuthenticateAsServerAsync(TlsServerContext context, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<TlsSession> AuthenticateAsClientAsync(TlsClientContext context, TlsTarget target, CancellationToken cancellationToken)
    {
        Targets.Add(target);
        return Failure is null ? ValueTask.FromResult<TlsSession>(null!) : ValueTask.FromException<TlsSession>(Failure);
    }

    private sealed class Context : TlsClientContext;
}
