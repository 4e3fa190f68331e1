using System.Formats.Asn1;
using System.Security.Cryptography;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>TLS by <c>SslStream</c>.</summary>
internal sealed class ManagedTlsEngine : ITlsEngine
{
    public TlsServerContext CreateServerContext(TlsServerOptions options, TlsServerContext? previous = null) => Loaded(() => new ManagedTlsServerContext(options));

    public TlsClientContext CreateClientContext(TlsClientOptions options) => Loaded(() => new ManagedTlsClientContext(options));

    // .NET looks into some parts of a certificate only when it is used.
    private static T Loaded<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException)
        {
            throw new TlsConfigurationException($"a certificate or key cannot be used: {exception.Message}", exception);
        }
    }
}
