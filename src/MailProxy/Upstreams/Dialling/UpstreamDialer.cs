using System.Net;
using MailProxy.Observing;
using MailProxy.Tls;
using MailProxy.Transport.Sockets;
using MailProxy.Transport.Tls;
using MailProxy.Wire.ProxyProtocol;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Upstreams.Dialling;

/// <summary>From nothing to an upstream connection that waits for the greeting: connect, the PROXY header, TLS.</summary>
internal sealed class UpstreamDialer(IConnectionFactory connections)
{
    /// <param name="upstream">Where to.</param>
    /// <param name="options">Where from, and which PROXY header is sent.</param>
    /// <param name="handshake">The TLS that is to be; null for none. STARTTLS is left to the login.</param>
    /// <param name="client">The client, as the header names it.</param>
    /// <param name="local">The address that the client connected to.</param>
    /// <param name="clientTls">The client's TLS session; null where its connection is clear.</param>
    /// <param name="logContext">Told what is being done.</param>
    /// <param name="cancellationToken">The login's time budget.</param>
    public async ValueTask<ConnectionContext> ConnectAsync(
        EndPoint upstream, ProxyOptions options, UpstreamHandshake? handshake, EndPoint client, EndPoint local, TlsSession? clientTls, SessionLogContext logContext, CancellationToken cancellationToken)
    {
        logContext.Action = SessionAction.ConnectingToUpstream;
        var connection = await connections.ConnectAsync(options.Bind is { } from ? new BoundEndPoint(upstream, from) : upstream, cancellationToken);
        try
        {
            if (options.Protocol != ProxyProtocolVersion.Off)
            {
                logContext.Action = SessionAction.SendingProxyHeader;
                if (options.Protocol == ProxyProtocolVersion.V2) ProxyHeaderCodec.WriteV2(connection.Transport.Output, client, local, ClientTls.Describe(clientTls));
                else if (options.ProtocolForm == ProxyProtocolForm.Binary) ProxyHeaderCodec.WriteV2Addresses(connection.Transport.Output, client, local);
                else ProxyHeaderCodec.WriteV1(connection.Transport.Output, client, local);
                await connection.Transport.Output.FlushAsync(cancellationToken);
            }

            if (handshake is { Mode: ProxyTlsMode.On }) await handshake.RunAsync(connection, logContext, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
