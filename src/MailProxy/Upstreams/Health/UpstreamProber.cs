using System.Net;
using System.Net.Sockets;
using MailProxy.Configuration;
using MailProxy.Observing;
using MailProxy.Protocols;
using MailProxy.Tls;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Upstreams.Health;

/// <summary>How a group's servers are talked to where no session does: as the <c>server { }</c> that uses the group would.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Server">Its names, buffer and PROXY header.</param>
/// <param name="Tls">TLS towards them.</param>
internal sealed record ProbeSettings(MailProtocol Protocol, ServerOptions Server, ProxyTlsOptions Tls);

/// <summary>Tries a server as far as its greeting and what it can do.</summary>
internal sealed class UpstreamProber(IConnectionFactory connections, UpstreamTls upstreamTls, Func<MailProtocol, IUpstreamProbe> probeOf, TimeProvider time)
{
    // Not of IP: the PROXY header then says that the connection is the proxy's own.
    private static readonly EndPoint Nobody = new DnsEndPoint("mailproxy", 0, AddressFamily.Unspecified);

    /// <returns>What is wrong with it; null where it is ready for logins.</returns>
    public async Task<string?> ProbeAsync(UpstreamPeer peer, ProbeSettings settings, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = new TimeLimit(timeout, time, cancellationToken);
        try
        {
            await ProbeAsync(peer, settings, limit.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return "timed out";
        }
        // Not by type: a server that cannot be tried is one that logins cannot use.
        catch (Exception exception)
        {
            return Describe(exception);
        }
    }

    private async Task ProbeAsync(UpstreamPeer peer, ProbeSettings settings, CancellationToken cancellationToken)
    {
        var logContext = new SessionLogContext();
        var handshake = await upstreamTls.PrepareAsync(settings.Tls, mode: null, peer.EndPoint, peer.TlsHost);
        var connection = await new UpstreamDialer(connections).ConnectAsync(
            peer.EndPoint, settings.Server.Proxy, handshake, Nobody, Nobody, clientTls: null, logContext, cancellationToken);
        await using (connection)
        {
            var starttls = handshake is { Mode: ProxyTlsMode.Starttls } ? handshake : null;
            var dialogue = new UpstreamDialogue(connection, settings.Server.Proxy.Buffer, logContext, starttls);
            await probeOf(settings.Protocol).ProbeAsync(dialogue, settings.Server.ServerName, cancellationToken);
        }
    }

    private static string Describe(Exception exception) => exception switch
    {
        UpstreamException { Reply.Length: > 0 } refused => $"it says \"{PeerText.ToText(refused.Reply.AsSpan().TrimEnd("\r\n"u8))}\"",
        UpstreamException { Error: UpstreamError.Closed } => "it closed the connection",
        UpstreamException or TlsException => exception.Message,
        _ => SocketFailure.Describe(exception),
    };
}
