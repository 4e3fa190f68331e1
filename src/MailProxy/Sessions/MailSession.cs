using MailProxy.Observing;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Sessions;

/// <summary>The life of one client: a dialogue up to the login, then the relay.</summary>
internal sealed class MailSession(ConnectionContext connection, SessionContext context)
{
    /// <summary>Runs the session to its end. The connection is closed by the caller.</summary>
    public async Task<SessionEndReason> RunAsync()
    {
        var outcome = await LogInAsync();
        return outcome.Upstream is { } upstream ? await new SessionRelay(connection, context).RunAsync(upstream, outcome.Peer) : outcome.Reason;
    }

    private async ValueTask<SessionOutcome> LogInAsync()
    {
        using var dialogue = new ClientDialogue(connection, context);
        return await dialogue.RunAsync();
    }
}
