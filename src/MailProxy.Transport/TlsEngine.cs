using MailProxy.Transport.Managed;
using MailProxy.Transport.OpenSsl;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport;

/// <summary>The engines there are.</summary>
internal static class TlsEngine
{
    /// <summary>.NET's <c>SslStream</c>, for the managed transport.</summary>
    public static ITlsEngine Managed { get; } = new ManagedTlsEngine();

    /// <summary>The system's OpenSSL 3, for the transport of event loops.</summary>
    public static ITlsEngine OpenSsl { get; } = new OpenSslEngine(TimeProvider.System);

    /// <summary>The engine of the transport that carries the process's connections.</summary>
    /// <param name="onLoops">Whether they live on event loops.</param>
    public static ITlsEngine For(bool onLoops) => onLoops ? OpenSsl : Managed;
}
