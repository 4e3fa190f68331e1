using System.Net;
using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Observing;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using MailProxy.Transport.Features;
using MailProxy.Transport.Tls;
using MailProxy.Wire.ProxyProtocol;
using Microsoft.Extensions.Logging;

namespace MailProxy.Connections;

/// <summary>The facts of one client connection, made by <c>ConnectionScopeMiddleware</c> and set as a feature for all that comes after it.</summary>
internal sealed class ConnectionScope
{
    /// <summary>The server that the listener belongs to: a snapshot that outlives a reload.</summary>
    public required ServerOptions Server { get; init; }

    /// <summary>The address that accepted the connection.</summary>
    public required MailListenOptions Listen { get; init; }

    /// <summary>The client; <c>set_real_ip_from</c> replaces it by the PROXY header's source.</summary>
    public required EndPoint Client { get; set; }

    /// <summary>Our side of the connection.</summary>
    public required EndPoint Local { get; init; }

    /// <summary>The PROXY header's addresses, where it carried some, trusted or not.</summary>
    public ProxyHeader? ProxyHeader { get; set; }

    /// <summary>What the log lines of this session carry.</summary>
    public required SessionLogContext LogContext { get; init; }

    /// <summary>The session's log: the server's <c>error_log</c> and structured events in one.</summary>
    public required ILogger Log { get; init; }

    public required SessionMetrics Metrics { get; init; }

    /// <summary>The peers whose PROXY header is believed (<c>set_real_ip_from</c>).</summary>
    public required TrustedPeers TrustedPeers { get; init; }

    /// <summary><c>worker_connections</c> of the session's configuration.</summary>
    public required WorkerConnections WorkerConnections { get; init; }

    /// <summary>What handshakes with clients of the server are made with; null where it has no TLS.</summary>
    public TlsCertificates? Certificates { get; init; }

    /// <summary>What the client's handshake came to; null while the connection is clear.</summary>
    public TlsSession? TlsSession { get; set; }

    /// <summary>Whoever let the connection in, and counts it until it is released.</summary>
    public required object Owner { get; init; }

    /// <summary>The loop that the connection lives on; null where it has none.</summary>
    public ILoopFeature? Loop { get; init; }

    /// <summary>How shutdowns and reloads reach the session.</summary>
    public required Drain Drain { get; init; }

    /// <summary>When the connection was accepted, by the clock's timestamp.</summary>
    public long Began { get; init; }

    /// <summary>What the access log and the trace are told; null where there are none.</summary>
    public SessionRecord? Record { get; init; }

    /// <summary>Why the session ended, for the metric and the log.</summary>
    public SessionEndReason EndReason { get; set; } = SessionEndReason.ClientClosed;
}
