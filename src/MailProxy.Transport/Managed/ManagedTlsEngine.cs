using System.Security.Cryptography.X509Certificates;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>TLS by <c>SslStream</c>.</summary>
internal sealed class ManagedTlsEngine : ITlsEngine
{
    public TlsServerContext CreateServerContext(TlsServerOptions options, TlsServerContext? previous = null) =>
        throw new TlsConfigurationException("\"listen ... ssl\" needs \"transport linux\"");

    public TlsClientContext CreateClientContext(TlsClientOptions options) => new ManagedTlsClientContext(options);
}

/// <summary>What a connection to a server needs of the options.</summary>
internal sealed class ManagedTlsClientContext : TlsClientContext
{
    public ManagedTlsClientContext(TlsClientOptions options)
    {
        if (options.TrustedCertificate is not { } trusted) return;
        TrustedRoots = [];
        if (trusted.StartsWith("data:", StringComparison.Ordinal)) TrustedRoots.ImportFromPem(trusted.AsSpan("data:".Length));
        else TrustedRoots.ImportFromPemFile(trusted);
    }

    public X509Certificate2Collection? TrustedRoots { get; }
}
