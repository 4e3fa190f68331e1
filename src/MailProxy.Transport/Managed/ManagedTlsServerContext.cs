using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>What the handshakes of one server have in common.</summary>
internal sealed class ManagedTlsServerContext : TlsServerContext
{
    private readonly TlsServerOptions _options;
    private readonly SslProtocols _protocols;
    private readonly List<TlsCertificate> _certificates = [];
    private readonly List<SslStreamCertificateContext> _chains = [];
    private readonly X509Certificate2Collection _trusted = [];

    public ManagedTlsServerContext(TlsServerOptions options)
    {
        ManagedTlsOptions.Check(options);
        _options = options;
        _protocols = ManagedTlsOptions.Protocols(options.Protocols, "ssl_protocols");
        var trust = ReadAuthorities();
        foreach (var pair in options.Certificates)
        {
            var (leaf, intermediates) = PemFile.ReadPair(pair, options.PasswordFile, "ssl_certificate_key");
            _chains.Add(SslStreamCertificateContext.Create(leaf, intermediates, offline: true, trust));
            _certificates.Add(new TlsCertificate(TlsKeyPair.SourceOf(pair.Certificate), CertificateText.NamesOf(leaf), leaf.NotAfter));
        }
    }

    public override IReadOnlyList<TlsCertificate> Certificates => _certificates;

    private bool AllowsResumption => _options is { SessionTickets: true, AsksForCertificate: false } && !_options.SessionCache.Any(word => word.Kind == SessionCacheKind.Off);

    /// <exception cref="TlsException">The handshake failed, or the peer went away.</exception>
    public async ValueTask<(SslStream Stream, ManagedTlsSession Session)> HandshakeAsync(Stream inner, CancellationToken cancellationToken)
    {
        string? serverName = null;
        var verification = new TlsVerification(0, "ok");
        var stream = new SslStream(inner, leaveInnerStreamOpen: true);
        var handshake = stream.AuthenticateAsServerAsync(
            (_, hello, _, _) =>
            {
                serverName = AsSent(hello.ServerName);
                return ValueTask.FromResult(Settings(serverName, judged => verification = judged));
            },
            null,
            cancellationToken);
        await ManagedHandshake.RunAsync(stream, handshake, static () => null, cancellationToken);
        return (stream, new ManagedTlsSession(stream, serverName, verification));
    }

    [SuppressMessage("Security", "CA5359", Justification = "ssl_verify_client is judged after the handshake, by whoever asked for it.")]
    private SslServerAuthenticationOptions Settings(string? serverName, Action<TlsVerification> judged) => new()
    {
        ServerCertificateContext = _chains[Choose(serverName)],
        EnabledSslProtocols = _protocols,
        ApplicationProtocols = _options.ApplicationProtocol is { } id ? [new SslApplicationProtocol(id)] : null,
        ClientCertificateRequired = _options.AsksForCertificate,
        CertificateChainPolicy = ChainVerdict.Policy(_trusted),
        AllowTlsResume = AllowsResumption,
        AllowRenegotiation = false,
        RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            if (certificate is not null) judged(ChainVerdict.Of(chain, _options.VerifyDepth, TimeProvider.System.GetUtcNow()));
            return true;
        },
    };

    /// <summary>The certificate with this name, else one with a wildcard for it, else the first.</summary>
    private int Choose(string? serverName)
    {
        if (serverName is null) return 0;
        var exact = _certificates.FindIndex(certificate => certificate.Names.Contains(serverName, StringComparer.OrdinalIgnoreCase));
        if (exact >= 0) return exact;
        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return 0;
        var wildcard = "*" + serverName[dot..];
        return Math.Max(0, _certificates.FindIndex(certificate => certificate.Names.Contains(wildcard, StringComparer.OrdinalIgnoreCase)));
    }

    /// <summary>The CAs that clients are told, as a trust that the handshake sends.</summary>
    private SslCertificateTrust? ReadAuthorities()
    {
        if (Read(_options.TrustedCertificate) is { } untold) _trusted.AddRange(untold);
        if (Read(_options.ClientCertificate) is not { } told) return null;
        _trusted.AddRange(told);
        return SslCertificateTrust.CreateForX509Collection(told, sendTrustInHandshake: true);
    }

    private static X509Certificate2Collection? Read(string? source) =>
        source is null ? null : PemFile.ReadCertificates(source, $"SSL_CTX_load_verify_locations(\"{TlsKeyPair.SourceOf(source)}\") failed");

    /// <summary>.NET has decoded an internationalized name.</summary>
    private static string? AsSent(string name)
    {
        if (name.Length == 0) return null;
        try
        {
            return name.All(char.IsAscii) ? name : new IdnMapping().GetAscii(name);
        }
        catch (ArgumentException)
        {
            return name;           // no name of ours, whatever the client has sent
        }
    }
}
