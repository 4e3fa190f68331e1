using MailProxy.Transport.Tls;

namespace MailProxy.Transport.OpenSsl;

/// <summary>TLS by the system's OpenSSL 3, for connections on event loops.</summary>
internal sealed class OpenSslEngine(TimeProvider time) : ITlsEngine
{
    public TlsServerContext CreateServerContext(TlsServerOptions options, TlsServerContext? previous = null) =>
        Loaded(() => new OpenSslServerContext(options, (OpenSslServerContext?)previous, time));

    public TlsClientContext CreateClientContext(TlsClientOptions options) => Loaded(() => new OpenSslClientContext(options));

    private static T Loaded<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException { InnerException: DllNotFoundException })
        {
            throw new TlsConfigurationException("TLS needs OpenSSL 3 (libssl.so.3), which cannot be loaded", exception);
        }
    }
}
