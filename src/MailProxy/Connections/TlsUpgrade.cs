using System.Net.Sockets;
using MailProxy.Observing;
using MailProxy.Observing.Metrics;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Connections;

/// <summary>Makes a client's connection a TLS one: the one way for <c>listen … ssl</c> and for STARTTLS.</summary>
internal static class TlsUpgrade
{
    /// <summary>Waits for the handshake, and counts what came of it. A failure is logged, but for a client that takes too long, as in nginx.</summary>
    /// <param name="connection">The client's.</param>
    /// <param name="scope">Its facts: told the session.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Why the session ends; null where it goes on.</returns>
    public static async ValueTask<SessionEndReason?> RunAsync(ConnectionContext connection, ConnectionScope scope, TimeSpan limit, TimeProvider time)
    {
        using var budget = new TimeLimit(limit, time, scope.Drain.Stop);
        try
        {
            var session = await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsServerAsync(scope.Certificates!.Context, budget.Token);
            scope.TlsSession = session;
            scope.Record?.Handshaken(session.Protocol, session.Cipher, session.ServerName);
            scope.Metrics.Handshakes(session.IsResumed ? HandshakeResult.Resumed : HandshakeResult.Ok).Inc();
            return null;
        }
        catch (OperationCanceledException)
        {
            if (scope.Loop is { } loop) await loop.ReturnAsync();
            scope.Metrics.Handshakes(budget.HasExpired ? HandshakeResult.TimedOut : HandshakeResult.Failed).Inc();
            return budget.HasExpired ? SessionEndReason.TimedOut : SessionEndReason.Shutdown;
        }
        catch (Exception exception) when (exception is IOException or ConnectionAbortedException or SocketException)
        {
            scope.Metrics.Handshakes(HandshakeResult.Failed).Inc();
            if (exception is not ConnectionAbortedException)
                ConnectionLog.HandshakeFailed(scope.Log, exception is TlsException ? exception.Message : SocketFailure.Describe("recv()", exception));
            return SessionEndReason.TlsHandshake;
        }
    }
}
