using System.Net;

namespace MailProxy.Observing;

/// <summary>What nginx appends to the log lines of a session, kept up to date by the session itself.</summary>
internal sealed class SessionLogContext
{
    /// <summary>The connection's number in this process, nginx's <c>*&lt;conn&gt;</c>.</summary>
    public long ConnectionNumber { get; init; }

    /// <summary>What the session is doing, one of <see cref="SessionAction"/>. Null: no <c>while</c> part.</summary>
    public string? Action { get; set; }

    /// <summary>The client's address without port, as nginx prints it (<c>127.0.0.1</c>, <c>::1</c>, <c>unix:</c>).</summary>
    public string Client
    {
        get => field ?? (ClientEndPoint is { } client ? NginxAddress.WithoutPort(client) : "");
        init;
    }

    /// <summary>The client, where <see cref="Client"/> is not given as text: few sessions are logged, and text takes memory.</summary>
    public EndPoint? ClientEndPoint { get; set; }

    /// <summary>The listen address, as nginx prints it.</summary>
    public string Listener { get; init; } = "";

    /// <summary>Whether STARTTLS began.</summary>
    public bool UsingStartTls { get; set; }

    /// <summary>The login, safe to print (see <see cref="Wire.PeerText"/>); null or empty when there is none.</summary>
    public string? Login { get; set; }

    /// <summary>The chosen upstream's <c>ip:port</c>; null until one is chosen.</summary>
    public string? Upstream => UpstreamEndPoint is { } upstream ? NginxAddress.WithPortUnbracketed(upstream) : null;

    /// <summary>The chosen upstream.</summary>
    public EndPoint? UpstreamEndPoint { get; set; }
}
