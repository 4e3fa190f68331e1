namespace MailProxy.Transport;

/// <summary>Turns a connection into a TLS one in place: for <c>listen … ssl</c>, for STARTTLS, and towards servers.</summary>
public interface ITlsFeature
{
    /// <summary>Speaks TLS as the client. What the connection's <c>Transport</c> reads and writes afterwards is protected.</summary>
    /// <param name="options">Whom to expect.</param>
    /// <param name="cancellationToken">The handshake's time limit.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The handshake failed or the peer is not whom we expect.</exception>
    /// <exception cref="IOException">The peer went away.</exception>
    ValueTask AuthenticateAsClientAsync(TlsClientOptions options, CancellationToken cancellationToken);
}

/// <summary>The client's part of a handshake.</summary>
/// <param name="TargetHost">The name that the server's certificate must carry, also sent as SNI.</param>
public sealed record TlsClientOptions(string TargetHost);
