using MailProxy.Observing;
using MailProxy.Transport.Features;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace MailProxy.Connections;

/// <summary>Finds what a new connection belongs to, and keeps count of it until it ends.</summary>
internal interface IConnectionAdmission
{
    /// <returns>The connection's facts; null where it is not let in, which is already logged and counted.</returns>
    ConnectionScope? Admit(ConnectionContext connection);

    /// <summary>The connection has ended.</summary>
    void Release(ConnectionContext connection, ConnectionScope scope);
}

/// <summary>Outermost: gives the connection its scope, and records its end whatever happens.</summary>
internal sealed class ConnectionScopeMiddleware(ConnectionDelegate next, IConnectionAdmission admission)
{
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        // Before all else: until then the connection has no client.
        if (connection.Features.Get<IConnectionEntryFeature>() is { } entry && !await entry.EnterAsync()) return;
        if (admission.Admit(connection) is not { } scope) return;      // closed in order, as nginx does

        connection.Features.Set(scope);
        try
        {
            if (scope.Log.IsEnabled(LogLevel.Information)) ConnectionLog.Connected(scope.Log, NginxAddress.WithPort(scope.Client), scope.Listen.Text);
            await next(connection);
        }
        catch (Exception exception)
        {
            // Ours alone, and one client's only: what peers do never gets here.
            scope.EndReason = SessionEndReason.InternalError;
            ConnectionLog.Failed(scope.Log, exception);
            connection.Abort(new ConnectionAbortedException("Internal error.", exception));
        }
        finally
        {
            scope.Metrics.Ended(scope.EndReason).Inc();
            scope.Record?.Ends(scope.Client, scope.EndReason);
            ConnectionLog.Ended(scope.Log, scope.EndReason);
            admission.Release(connection, scope);
        }
    }
}
