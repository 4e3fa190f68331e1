using System.Security.Cryptography;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Observing;
using MailProxy.Upstreams;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Sasl;
using Microsoft.Extensions.Logging;

namespace MailProxy.Sessions;

/// <summary>What one session knows and whom it asks: its connection's facts and the program's parts.</summary>
internal sealed class SessionContext(ConnectionScope scope, SessionServices services, SessionProtocol protocol)
{
    private string? _challenge;

    public ConnectionScope Scope { get; } = scope;

    public SessionServices Services { get; } = services;

    /// <summary>What the client speaks.</summary>
    public SessionProtocol Protocol { get; } = protocol;

    public ServerOptions Server => Scope.Server;

    public ILogger Log => Scope.Log;

    public SessionLogContext LogContext => Scope.LogContext;

    /// <summary>What the access log and the trace are told; null where there are none.</summary>
    public SessionRecord? Record => Scope.Record;

    public TimeProvider Time => Services.Time;

    /// <summary>Whether no auth server is asked: logins are passed on, and the upstream decides.</summary>
    public bool IsPassedThrough => Server.AuthHttp.Url.Count == 0;

    /// <summary>Where the answer sends the session: where <c>proxy_pass</c> says, if the answer does not.</summary>
    public UpstreamAddress? Destination(AuthResult result) => result.Upstream ?? Server.Proxy.Pass;

    /// <summary>Whether the client sees the upstream's own refusal of its login: where it is told to, and where the upstream alone says whether a user's password is good.</summary>
    public bool PassesAnswer(UpstreamException failure, AuthResult result) =>
        failure.IsAnswer && (Server.Proxy.PassErrorMessage || (result.Proof == ProofCheck.Nobody && !IsPassedThrough));

    /// <summary>A failure that is not the client's: in nginx's words where all is as it can be under nginx; either tells clients to come back.</summary>
    /// <param name="protocol">Words it.</param>
    /// <param name="output">Where to.</param>
    /// <param name="destination">Where the session was sent; null where it came not so far.</param>
    public void WriteUnavailable(ProtocolSession protocol, ReplyWriter output, UpstreamAddress? destination)
    {
        if (!IsPassedThrough && !Server.AuthHttp.IsInternal && destination is null or { Literal: not null }) protocol.WriteInternalError(output);
        else protocol.WriteUnavailable(output);
    }

    /// <summary>Counts one more connection of this session; where <c>worker_connections</c> are used up, the log says so.</summary>
    public bool TryTakeConnection()
    {
        if (Scope.WorkerConnections.TryTake()) return true;
        ConnectionLog.WorkerConnections(Log, Scope.WorkerConnections.PerWorker);
        return false;
    }

    /// <summary>To be awaited after whatever may have gone on elsewhere: a session's place is its connection's loop.</summary>
    public ValueTask ReturnToLoopAsync() => Scope.Loop?.ReturnAsync() ?? ValueTask.CompletedTask;

    /// <summary>The client's name by reverse DNS; SMTP only.</summary>
    public string? ClientHost { get; set; }

    /// <summary>The challenge of APOP and CRAM-MD5: made once, kept for every attempt of the session.</summary>
    public string Challenge => _challenge ??= SaslCramMd5.Challenge(
        (uint)RandomNumberGenerator.GetInt32(int.MaxValue), Time.GetUtcNow().ToUnixTimeSeconds(), Server.ServerName);
}
