namespace MailProxy.Transport.Tls;

/// <summary>A handshake came to nothing. The message is for the log, in nginx's words, and holds no bytes of the peer's.</summary>
internal sealed class TlsException(TlsFailure failure, string message, Exception? innerException = null) : IOException(message, innerException)
{
    /// <summary>What happened.</summary>
    public TlsFailure Failure => failure;
}

/// <summary>How a handshake fails.</summary>
internal enum TlsFailure
{
    /// <summary>The peer does not speak TLS, offers nothing that we take, or broke the protocol.</summary>
    Handshake,

    /// <summary>The peer went away in the handshake.</summary>
    Closed,

    /// <summary>The server's certificate chain is not good.</summary>
    Verification,

    /// <summary>The server's certificate is for another name.</summary>
    Name,
}

/// <summary>Options that cannot be used; the message is nginx's, without <c>in FILE:LINE</c>.</summary>
internal sealed class TlsConfigurationException(string message, Exception? innerException = null) : Exception(message, innerException);
