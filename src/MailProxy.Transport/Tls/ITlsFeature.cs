namespace MailProxy.Transport.Tls;

/// <summary>Turns a connection into a TLS one in place: for <c>listen … ssl</c>, for STARTTLS, and towards servers.</summary>
internal interface ITlsFeature
{
    /// <summary>What the handshake came to; null on a clear connection.</summary>
    TlsSession? Session { get; }

    /// <summary>
    /// Speaks TLS as the server. What the connection's <c>Transport</c> reads and writes afterwards is protected; bytes that
    /// its input has buffered are the beginning of the handshake. Whether the client's certificate will do is the caller's to
    /// judge: the handshake completes whatever <see cref="TlsSession.Verification"/> says.
    /// </summary>
    /// <param name="context">A context of the engine that carries this connection.</param>
    /// <param name="cancellationToken">The handshake's time limit.</param>
    /// <exception cref="TlsException">The handshake failed, or the peer went away.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    ValueTask<TlsSession> AuthenticateAsServerAsync(TlsServerContext context, CancellationToken cancellationToken);

    /// <summary>Speaks TLS as the client, and refuses a server that is not whom we expect before any byte is sent to it.</summary>
    /// <param name="context">A context of the engine that carries this connection.</param>
    /// <param name="target">Whom to expect.</param>
    /// <param name="cancellationToken">The handshake's time limit.</param>
    /// <exception cref="TlsException">The handshake failed, the peer went away, or is not whom we expect.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    ValueTask<TlsSession> AuthenticateAsClientAsync(TlsClientContext context, TlsTarget target, CancellationToken cancellationToken);
}

/// <summary>The server that a client expects.</summary>
/// <param name="Name">The host name or address that its certificate must carry where the context verifies.</param>
/// <param name="SendName">Whether a host name is sent as SNI (RFC 6066 section 3); an address never is.</param>
/// <param name="SessionKey">What a session may be resumed with: sessions of another key are never offered.</param>
internal sealed record TlsTarget(string Name, bool SendName, string SessionKey);
