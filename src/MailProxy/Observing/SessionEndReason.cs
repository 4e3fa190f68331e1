namespace MailProxy.Observing;

/// <summary>Why a session ended: a closed set, used in logs and as the metric label <c>reason</c> (in snake case). Do not rename.</summary>
internal enum SessionEndReason
{
    /// <summary>The client went away, or said goodbye, before login.</summary>
    ClientClosed,

    /// <summary>The client took longer than <c>timeout</c> before login, or did not take a reply.</summary>
    TimedOut,

    /// <summary>Too many commands that could not be parsed, or one too long.</summary>
    ProtocolError,

    /// <summary>The client spoke before the greeting.</summary>
    EarlyTalker,

    /// <summary>The PROXY header was missing or broken.</summary>
    ProxyHeader,

    /// <summary>The TLS handshake failed.</summary>
    TlsHandshake,

    /// <summary>The client's certificate will not do, or there is none where one is needed.</summary>
    ClientCertificate,

    /// <summary>The auth server refused the login.</summary>
    AuthRejected,

    /// <summary>The auth server could not be asked.</summary>
    AuthUnavailable,

    /// <summary>The upstream could not be reached, or failed during the login.</summary>
    UpstreamUnavailable,

    /// <summary>The upstream refused the login.</summary>
    UpstreamRejected,

    /// <summary>A relayed session that either side ended.</summary>
    Done,

    /// <summary>A relayed session without traffic for <c>proxy_timeout</c>.</summary>
    IdleTimeout,

    /// <summary>A relayed session in which the client's socket failed.</summary>
    ClientError,

    /// <summary>A relayed session in which the upstream's socket failed.</summary>
    UpstreamError,

    /// <summary>Told to come back, or closed, by a shutdown or reload.</summary>
    Shutdown,

    /// <summary><c>proxy off</c>: the server is closed for maintenance.</summary>
    Maintenance,

    /// <summary><c>worker_connections</c> are used up.</summary>
    Limit,

    /// <summary>An error of our own.</summary>
    InternalError,
}
