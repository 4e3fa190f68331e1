using System.Buffers;
using MailProxy.Connections;
using MailProxy.Observing;
using MailProxy.Tls;
using MailProxy.Upstreams;
using MailProxy.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace MailProxy.Sessions;

/// <summary>What is said with a client before its login is accepted, the same for every protocol. Nothing of it is kept while the session is relayed.</summary>
internal sealed class ClientDialogue : IDisposable
{
    private readonly ConnectionContext _connection;
    private readonly SessionContext _context;
    private readonly ProtocolSession _protocol;
    private readonly MailConnection _client;
    private readonly CancellationToken _closeRequested;
    private int _errors;

    public ClientDialogue(ConnectionContext connection, SessionContext context)
    {
        _connection = connection;
        _context = context;
        _protocol = context.Protocol.CreateSession(context);
        _client = new MailConnection(connection, context.Time, context.Record);
        _closeRequested = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
    }

    /// <summary>Where replies are written.</summary>
    public ReplyWriter Output => _client.Output;

    private bool ToldToComeBack => _closeRequested.IsCancellationRequested || _context.Scope.Drain.ComeBack.IsCancellationRequested;

    /// <summary>Greets, and handles commands until a login is accepted or the session is over.</summary>
    public async ValueTask<SessionOutcome> RunAsync()
    {
        if (!IsCertificateAccepted()) return await SayLastAsync(SessionEndReason.ClientCertificate);
        _context.LogContext.Action = null;
        if (_context.Server.Proxy.Enabled == false) return await CloseForMaintenanceAsync();
        using var comeBack = _context.Scope.Drain.ComeBack.UnsafeRegister(static client => ((MailConnection)client!).Wake(), _client);
        using var closeRequested = _closeRequested.UnsafeRegister(static client => ((MailConnection)client!).Wake(), _client);
        try
        {
            if ((await _protocol.PrepareAsync(this) ?? await GreetAsync()) is { } end) return end;
            return await RunCommandsAsync();
        }
        catch (OperationCanceledException) when (_context.Scope.Drain.Stop.IsCancellationRequested)
        {
            await _context.ReturnToLoopAsync();
            SessionLog.ShutdownTimeout(_context.Log);
            _protocol.WriteComeBack(_client.Output);
            return await SayLastAsync(SessionEndReason.Shutdown);
        }
    }

    /// <summary>Waits before the greeting; a client that speaks first is turned away (<c>smtp_greeting_delay</c>).</summary>
    /// <returns>What the client said too early; empty when it was silent, or is to be told to come back; null when it is gone.</returns>
    public async ValueTask<byte[]?> WaitForSilenceAsync(TimeSpan delay)
    {
        _client.Arm(delay);
        while (true)
        {
            var read = await _client.ReadAsync();
            if (read.Kind == ReadKind.Woken && !ToldToComeBack) continue;
            if (read.Kind is ReadKind.Expired or ReadKind.Woken) return [];
            if (read.Kind != ReadKind.Data) return null;
            var early = read.Result.Buffer.ToArray();
            _context.Record?.Received(early.Length);
            _client.Advance(read.Result.Buffer.End, read.Result.Buffer.End);
            return early;
        }
    }

    /// <summary>Sends what was written, and nothing after it.</summary>
    public async ValueTask<SessionEndReason> SayLastAsync(SessionEndReason reason)
    {
        await _client.FlushAsync(_context.Server.Timeout);
        return reason;
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<SessionEndReason> CloseForMaintenanceAsync()
    {
        SessionLog.Maintenance(_context.Log);
        _protocol.WriteComeBack(_client.Output);
        return await SayLastAsync(SessionEndReason.Maintenance);
    }

    private async ValueTask<SessionEndReason?> GreetAsync()
    {
        _context.LogContext.Action = SessionAction.SendingGreeting;
        if (ToldToComeBack) return await ComeBackAsync();
        _protocol.WriteGreeting(_client.Output);
        if (!await _client.FlushAsync(_context.Server.Timeout)) return GoneWhileWriting();
        _context.LogContext.Action = SessionAction.Authenticating;
        return null;
    }

    private async ValueTask<SessionOutcome> RunCommandsAsync()
    {
        var login = new SessionLogin(_context, _protocol, _client);
        while (true)
        {
            if (ToldToComeBack) return await ComeBackAsync();
            var read = await _client.ReadAsync();
            if (read.Kind == ReadKind.Woken) continue;
            if (read.Kind != ReadKind.Data) return GoneWhileReading(read.Kind);

            var buffer = read.Result.Buffer;
            var step = HandleInput(ref buffer);
            var starved = step.Kind == SessionStepKind.NeedInput;
            _context.Record?.Received(read.Result.Buffer.Length - buffer.Length);
            _client.Advance(buffer.Start, starved ? buffer.End : buffer.Start);
            if (step.Kind == SessionStepKind.StartTls)
            {
                if (await StartTlsAsync() is { } failure) return failure;
                continue;
            }

            if (!await _client.FlushAsync()) return GoneWhileWriting();
            if (step.Kind == SessionStepKind.Close) return step.Reason;
            if (step.Kind == SessionStepKind.Authenticate)
            {
                _client.Disarm();
                if (await login.AttemptAsync(step.Credentials!) is { } end) return end;
            }
            else if (starved && read.Result.IsCompleted)
            {
                return SessionEndReason.ClientClosed;
            }
        }
    }

    /// <summary>Handles one command after the other until one needs more than replies. <paramref name="buffer"/> becomes the rest.</summary>
    private SessionStep HandleInput(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var limit = _protocol.CommandLimit;
            var head = buffer.Slice(0, Math.Min(buffer.Length, limit));
            var step = head.IsSingleSegment ? Handle(head.FirstSpan, out var consumed) : HandleCopy(head, out consumed);
            buffer = buffer.Slice(consumed);
            if (step.Kind == SessionStepKind.Next) continue;
            if (step.Kind == SessionStepKind.NeedInput && buffer.Length > limit && _protocol.CommandLimit > limit) continue;
            if (step.Kind != SessionStepKind.Error) return step;
            if (++_errors >= _context.Server.MaxErrors)
            {
                SessionLog.TooManyErrors(_context.Log);
                return SessionStep.Close(SessionEndReason.ProtocolError);
            }
        }

        return SessionStep.NeedInput;
    }

    private SessionStep HandleCopy(in ReadOnlySequence<byte> head, out int consumed)
    {
        var copy = ArrayPool<byte>.Shared.Rent((int)head.Length);
        try
        {
            head.CopyTo(copy);
            return Handle(copy.AsSpan(0, (int)head.Length), out consumed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy, clearArray: true);      // it may have held a password
        }
    }

    private SessionStep Handle(ReadOnlySpan<byte> input, out int consumed)
    {
        var step = _protocol.Handle(input, _client.Output, out consumed);
        if (step.Kind != SessionStepKind.NeedInput || input.Length < _protocol.CommandLimit) return step;
        SessionLog.CommandTooLong(_context.Log);
        _protocol.WriteTooLong(input, _client.Output);
        consumed = input.Length;
        return SessionStep.Close(SessionEndReason.ProtocolError);
    }

    /// <summary>What arrived in plain text behind the command must never be taken for protected input (RFC 3207, section 6): it goes before the go-ahead does.</summary>
    private async ValueTask<SessionEndReason?> StartTlsAsync()
    {
        _context.LogContext.Action = SessionAction.StartingTls;
        _context.LogContext.UsingStartTls = true;
        if (_client.DropInput() is > 0 and var dropped) SessionLog.PlainTextDropped(_context.Log, dropped);
        _protocol.ForgetPlainText();
        if (!await _client.FlushAsync()) return GoneWhileWriting();

        var left = _client.Suspend();
        var began = _context.Time.GetTimestamp();
        if (await TlsUpgrade.RunAsync(_connection, _context.Scope, left, _context.Time) is { } failure) return failure;
        _client.Resume(left - _context.Time.GetElapsedTime(began));
        if (!IsCertificateAccepted()) return await SayLastAsync(SessionEndReason.ClientCertificate);
        _context.LogContext.Action = SessionAction.Authenticating;
        return null;
    }

    /// <returns>False where <c>ssl_verify_client</c> turns the client away; the reply is then written.</returns>
    private bool IsCertificateAccepted()
    {
        var verify = _context.Server.Tls.VerifyClient;
        if (_context.Scope.TlsSession is not { } session || verify == ClientVerification.Off) return true;
        if (session.Verification is { IsGood: false } verification && !(verify == ClientVerification.OptionalNoCa && verification.IsUnknownIssuer))
        {
            SessionLog.BadClientCertificate(_context.Log, verification.Code, verification.Text);
            _protocol.WriteBadCertificate(_client.Output);
            return false;
        }

        if (verify != ClientVerification.On || session.HasPeerCertificate) return true;
        SessionLog.NoClientCertificate(_context.Log);
        _protocol.WriteNoCertificate(_client.Output);
        return false;
    }

    private async ValueTask<SessionEndReason> ComeBackAsync()
    {
        SessionLog.ToldToComeBack(_context.Log);
        _protocol.WriteComeBack(_client.Output);
        return await SayLastAsync(SessionEndReason.Shutdown);
    }

    private SessionEndReason GoneWhileReading(ReadKind kind)
    {
        if (kind == ReadKind.Expired) return TimedOut();
        if (_client.Error is { } error and not ConnectionAbortedException) SessionLog.ClientError(_context.Log, SocketFailure.Describe("recv()", error));
        return SessionEndReason.ClientClosed;
    }

    private SessionEndReason GoneWhileWriting()
    {
        if (_client.Expired) return TimedOut();
        if (_client.Error is { } error and not ConnectionAbortedException) SessionLog.ClientError(_context.Log, SocketFailure.Describe("send()", error));
        return SessionEndReason.ClientClosed;
    }

    private SessionEndReason TimedOut()
    {
        SessionLog.ClientTimedOut(_context.Log);
        return SessionEndReason.TimedOut;
    }
}
