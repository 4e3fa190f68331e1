namespace MailProxy.Transport.Tls;

/// <summary>Makes contexts from options. The transport's kind decides which engine: a context is for its own connections only.</summary>
internal interface ITlsEngine
{
    /// <summary>Reads the files that the options name and checks all that can be checked before a client comes.</summary>
    /// <param name="options">What the server's <c>ssl_*</c> directives say.</param>
    /// <param name="previous">The context that this one takes over from: sessions and tickets of its clients stay good.</param>
    /// <exception cref="TlsConfigurationException">A file or a value will not do, or this engine cannot do it; the message is nginx's.</exception>
    TlsServerContext CreateServerContext(TlsServerOptions options, TlsServerContext? previous = null);

    /// <summary>The same for connections to servers.</summary>
    /// <exception cref="TlsConfigurationException">A file or a value will not do, or this engine cannot do it; the message is nginx's.</exception>
    TlsClientContext CreateClientContext(TlsClientOptions options);
}
