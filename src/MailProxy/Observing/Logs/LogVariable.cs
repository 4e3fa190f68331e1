namespace MailProxy.Observing.Logs;

/// <summary>The variables of <c>log_format</c>, by their names in snake case. The predefined format <c>json</c> has them in this order.</summary>
internal enum LogVariable
{
    /// <summary>When the session ended: local time, ISO 8601.</summary>
    TimeIso8601,

    /// <summary>The same as nginx's <c>combined</c> has it.</summary>
    TimeLocal,

    /// <summary>The same in seconds since 1970, with milliseconds.</summary>
    Msec,

    /// <summary>The connection's number in this process, as in the error log.</summary>
    Connection,

    /// <summary>The end reason.</summary>
    Status,

    /// <summary>Seconds from accepting the connection to its end.</summary>
    SessionTime,

    /// <summary><c>imap</c>, <c>pop3</c> or <c>smtp</c>.</summary>
    Protocol,

    /// <summary>The client's address; the PROXY header's where <c>set_real_ip_from</c> trusts it.</summary>
    RemoteAddr,

    /// <summary>Its port.</summary>
    RemotePort,

    /// <summary>The address that the client connected to.</summary>
    ServerAddr,

    /// <summary>Its port.</summary>
    ServerPort,

    /// <summary>Directive <c>server_name</c>.</summary>
    ServerName,

    /// <summary>The client's TLS version.</summary>
    SslProtocol,

    /// <summary>The client's TLS cipher.</summary>
    SslCipher,

    /// <summary>The name that the client asked for by SNI.</summary>
    SslServerName,

    /// <summary>The login of the last attempt, as the auth server has it.</summary>
    AuthUser,

    /// <summary>How the client authenticated in the last attempt: a value of <c>Auth-Method</c>.</summary>
    AuthMethod,

    /// <summary>What became of the last attempt: a value of the metric label <c>result</c>.</summary>
    AuthStatus,

    /// <summary>Every upstream that was tried, in order.</summary>
    UpstreamAddr,

    /// <summary>Seconds to connect to the last of them.</summary>
    UpstreamConnectTime,

    /// <summary>Seconds from connecting to it to the end of the login there.</summary>
    UpstreamLoginTime,

    /// <summary>Bytes relayed to the upstream.</summary>
    UpstreamBytesSent,

    /// <summary>Bytes relayed from the upstream.</summary>
    UpstreamBytesReceived,

    /// <summary>Bytes sent to the client, from the greeting on, without TLS.</summary>
    BytesSent,

    /// <summary>Bytes of the client that were handled or relayed, without TLS.</summary>
    BytesReceived,

    /// <summary>The host's name.</summary>
    Hostname,

    /// <summary>The process.</summary>
    Pid,
}
