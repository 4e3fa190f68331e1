using System.Net;
using System.Runtime.CompilerServices;
using MailProxy.Transport.Tls;

namespace MailProxy.Tls;

/// <summary>The contexts of TLS towards upstreams: one for all servers that say the same, for as long as their options live.</summary>
internal sealed class UpstreamTls
{
    private static readonly ContextKey Default = KeyOf(new ProxyTlsOptions());

    private readonly ConditionalWeakTable<ProxyTlsOptions, Lazy<TlsClientContext>> _contexts = [];

    /// <summary>
    /// Reads the files that these servers name. To be called before their first session. Where TLS is off and nothing is
    /// said of it, an auth server may still turn it on: the context is then made for the first session that needs it.
    /// </summary>
    /// <exception cref="TlsConfigurationException">A file or a value will not do.</exception>
    public void Load(IEnumerable<ProxyTlsOptions> servers, ITlsEngine engine)
    {
        // What failed for the first session may be had by the next.
        var known = new Dictionary<ContextKey, Lazy<TlsClientContext>>();
        foreach (var options in servers)
        {
            var key = KeyOf(options);
            if (!known.TryGetValue(key, out var context)) known[key] = context = new Lazy<TlsClientContext>(() => engine.CreateClientContext(key.Options), LazyThreadSafetyMode.PublicationOnly);
            if (options.Mode != ProxyTlsMode.Off || key != Default) _ = context.Value;
            _contexts.AddOrUpdate(options, context);
        }
    }

    /// <summary>What a session needs. May go on elsewhere than it began.</summary>
    /// <param name="options">The server's options, which <see cref="Load"/> has seen.</param>
    /// <param name="mode">What the auth server says; null where it leaves that to the options.</param>
    /// <param name="upstream">The upstream.</param>
    /// <param name="host">Its name; null where it is named by its address.</param>
    /// <returns>Null where there is to be no TLS.</returns>
    /// <exception cref="TlsException">No context can be made.</exception>
    public async ValueTask<UpstreamHandshake?> PrepareAsync(ProxyTlsOptions options, ProxyTlsMode? mode, EndPoint upstream, string? host = null)
    {
        var when = mode ?? options.Mode;
        if (when == ProxyTlsMode.Off) return null;
        if (!_contexts.TryGetValue(options, out var context)) throw new InvalidOperationException("These options were not loaded.");
        try
        {
            // The trust store is a large file.
            var made = context.IsValueCreated ? context.Value : await Task.Run(() => context.Value);
            var name = options.Name ?? host ?? (upstream as IPEndPoint)?.Address.ToString() ?? "localhost";
            return new UpstreamHandshake(when, made, new TlsTarget(name, options.ServerName, $"{upstream} {name}"));
        }
        catch (TlsConfigurationException exception)
        {
            throw new TlsException(TlsFailure.Handshake, exception.Message, exception);
        }
    }

    private static ContextKey KeyOf(ProxyTlsOptions options)
    {
        var client = new TlsClientOptions
        {
            Verify = options.Verify,
            VerifyDepth = options.VerifyDepth,
            TrustedCertificate = NotEmpty(options.TrustedCertificate),
            Crl = NotEmpty(options.Crl),
            Certificate = NotEmpty(options.Certificate) is { } certificate ? new TlsKeyPair(certificate, options.CertificateKey ?? "") : null,
            PasswordFile = NotEmpty(options.PasswordFile),
            Protocols = [],
            Ciphers = options.Ciphers,
            SessionReuse = options.SessionReuse,
        };
        return new ContextKey(client, string.Join(' ', options.Protocols));
    }

    private static string? NotEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    /// <summary>Options that compare by what they say: lists do not.</summary>
    private readonly record struct ContextKey(TlsClientOptions Comparable, string Protocols)
    {
        public TlsClientOptions Options => Comparable with { Protocols = Protocols.Split(' ', StringSplitOptions.RemoveEmptyEntries) };
    }
}
