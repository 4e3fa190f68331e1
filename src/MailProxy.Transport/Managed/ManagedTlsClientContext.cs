using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>What handshakes with servers have in common.</summary>
internal sealed class ManagedTlsClientContext : TlsClientContext
{
    private readonly TlsClientOptions _options;
    private readonly SslProtocols _protocols;
    private readonly X509Certificate2Collection? _trusted;
    private readonly SslStreamCertificateContext? _certificate;

    public ManagedTlsClientContext(TlsClientOptions options)
    {
        ManagedTlsOptions.Check(options);
        _options = options;
        _protocols = ManagedTlsOptions.Protocols(options.Protocols, "proxy_ssl_protocols");
        if (options.TrustedCertificate is { } trusted) _trusted = PemFile.ReadCertificates(trusted, $"SSL_CTX_load_verify_locations(\"{TlsKeyPair.SourceOf(trusted)}\") failed");
        if (options.Certificate is not { } pair) return;
        var (leaf, intermediates) = PemFile.ReadPair(pair, options.PasswordFile, "proxy_ssl_certificate_key");
        _certificate = SslStreamCertificateContext.Create(leaf, intermediates, offline: true);
    }

    /// <exception cref="TlsException">The handshake failed, the peer went away, or is not whom we expect.</exception>
    public async ValueTask<(SslStream Stream, ManagedTlsSession Session)> HandshakeAsync(Stream inner, TlsTarget target, CancellationToken cancellationToken)
    {
        TlsException? refusal = null;
        var settings = new SslClientAuthenticationOptions
        {
            // The name is compared below, so that it need not be sent.
            TargetHost = target.SendName && !IPAddress.TryParse(target.Name, out _) ? target.Name : "",
            EnabledSslProtocols = _protocols,
            ClientCertificateContext = _certificate,
            CertificateChainPolicy = ChainVerdict.Policy(_trusted),
            AllowTlsResume = _options.SessionReuse,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => (refusal = Judge(certificate, chain, target.Name)) is null,
        };
        var stream = new SslStream(inner, leaveInnerStreamOpen: true);
        await ManagedHandshake.RunAsync(stream, stream.AuthenticateAsClientAsync(settings, cancellationToken), () => refusal, cancellationToken);
        return (stream, new ManagedTlsSession(stream, null, new TlsVerification(0, "ok")));
    }

    private TlsException? Judge(X509Certificate? certificate, X509Chain? chain, string name)
    {
        if (!_options.Verify) return null;
        var verdict = ChainVerdict.Of(chain, _options.VerifyDepth, TimeProvider.System.GetUtcNow());
        if (!verdict.IsGood) return new TlsException(TlsFailure.Verification, $"certificate verify error: ({verdict.Code}:{verdict.Text})");
        return certificate is X509Certificate2 own && own.MatchesHostname(name) ? null : new TlsException(TlsFailure.Name, $"certificate does not match \"{name}\"");
    }
}
