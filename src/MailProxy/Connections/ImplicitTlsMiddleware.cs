using MailProxy.Observing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Connections;

/// <summary>Begins TLS on the connections of a <c>listen … ssl</c>, behind the PROXY header. Whatever is wrong, the client is told nothing in plain text.</summary>
internal sealed class ImplicitTlsMiddleware(ConnectionDelegate next, TimeProvider time)
{
    public Task OnConnectionAsync(ConnectionContext connection)
    {
        var scope = connection.Features.GetRequiredFeature<ConnectionScope>();
        return scope.Listen.Ssl ? ServeAsync(connection, scope) : next(connection);
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionScope scope)
    {
        scope.LogContext.Action = SessionAction.Handshaking;
        if (await TlsUpgrade.RunAsync(connection, scope, scope.Server.Timeout, time) is { } failure) scope.EndReason = failure;
        else await next(connection);
    }
}
