using MailProxy.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Sessions;

/// <summary>The end of the pipeline: a connection becomes a session of its server's protocol.</summary>
internal sealed class MailConnectionHandler(SessionServices services, IEnumerable<IMailProtocol> protocols) : ConnectionHandler
{
    private readonly Dictionary<string, IMailProtocol> _protocols = protocols.ToDictionary(protocol => protocol.Name);

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var scope = connection.Features.GetRequiredFeature<ConnectionScope>();
        var session = new MailSession(connection, new SessionContext(scope, services), _protocols[scope.Server.Protocol]);
        scope.EndReason = await session.RunAsync();
        await CloseAsync(connection, scope.Server.Timeout);
    }

    /// <summary>Sends what is still to be sent, but not for ever: a client that never reads must not keep its connection.</summary>
    private async Task CloseAsync(ConnectionContext connection, TimeSpan limit)
    {
        try
        {
            await connection.DisposeAsync().AsTask().WaitAsync(limit, services.Time);
        }
        catch (TimeoutException)
        {
            connection.Abort(new ConnectionAbortedException("The client did not take the last reply in time."));
        }
    }
}
