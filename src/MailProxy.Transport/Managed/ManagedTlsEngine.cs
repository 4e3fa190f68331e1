using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>TLS by <c>SslStream</c>.</summary>
internal sealed class ManagedTlsEngine : ITlsEngine
{
    public TlsServerContext CreateServerContext(TlsServerOptions options, TlsServerContext? previous = null) => new ManagedTlsServerContext(options);

    public TlsClientContext CreateClientContext(TlsClientOptions options) => new ManagedTlsClientContext(options);
}
