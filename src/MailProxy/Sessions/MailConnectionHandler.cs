using MailProxy.Connections;
using MailProxy.Protocols;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Sessions;

/// <summary>The end of the pipeline: a connection becomes a session of its server's protocol.</summary>
internal sealed class MailConnectionHandler(SessionServices services, MailProtocols protocols) : ConnectionHandler
{
    private readonly Dictionary<string, SessionProtocol> _protocols = protocols.All.Cast<SessionProtocol>().ToDictionary(protocol => protocol.Name);

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var scope = connection.Features.GetRequiredFeature<ConnectionScope>();
        var session = new MailSession(connection, new SessionContext(scope, services, _protocols[scope.Server.Protocol]));
        scope.EndReason = await session.RunAsync();
        await connection.DisposeAsync();
    }
}
