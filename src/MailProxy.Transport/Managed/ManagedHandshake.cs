using System.Net.Security;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Managed;

/// <summary>How the handshake of an <see cref="SslStream"/> ends, in nginx's words, and how the stream does.</summary>
internal static class ManagedHandshake
{
    /// <param name="stream">The stream, disposed of where it comes to nothing.</param>
    /// <param name="handshake">Its handshake.</param>
    /// <param name="refusal">Why we refused the peer; null where we did not.</param>
    /// <param name="cancellationToken">The time limit.</param>
    /// <exception cref="TlsException">It came to nothing.</exception>
    public static async Task RunAsync(SslStream stream, Task handshake, Func<TlsException?> refusal, CancellationToken cancellationToken)
    {
        try
        {
            await handshake;
        }
        catch (Exception exception)
        {
            await stream.DisposeAsync();
            if (refusal() is { } refused) throw refused;
            // A connection that was aborted looks like a cancellation, though nobody cancelled.
            if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested) throw;
            if (exception is IOException or OperationCanceledException) throw new TlsException(TlsFailure.Closed, "peer closed connection in SSL handshake", exception);
            // Not by type: to an alert before the hello, or to a second hello, .NET says that it was not set up rightly.
            throw new TlsException(TlsFailure.Handshake, $"SSL_do_handshake() failed (SSL: {exception.GetBaseException().Message})", exception);
        }
    }

    /// <summary>Sends close_notify, and waits for nobody who does not take it.</summary>
    public static async Task SayGoodbyeAsync(SslStream tls)
    {
        try
        {
            await tls.ShutdownAsync();
        }
        // Not by type: where a record was bad, .NET throws OpenSSL's own error, and whoever closes has more to do behind this.
        catch (Exception)
        {
            // The peer is gone, does not read, or has broken the session.
        }
    }
}
