using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.OpenSsl;
using MailProxy.Transport.Tls;

namespace MailProxy.Transport.Linux.Connection;

/// <summary>TLS in place: the same reader, writer and relay, over OpenSSL instead of the descriptor.</summary>
internal sealed partial class EpollConnection : ITlsFeature, IResumable
{
    private OpenSslSession? _tls;
    private bool _isHandshakeAwaited;
    private bool _isHandshakeQueued;
    private bool _endsWhenSent;

    /// <inheritdoc/>
    public TlsSession? Session => _tls;

    /// <summary>Whether bytes must pass through OpenSSL, so that no pipe can carry them.</summary>
    internal bool IsProtected => _tls is not null;

    /// <inheritdoc/>
    public async ValueTask<TlsSession> AuthenticateAsServerAsync(TlsServerContext context, CancellationToken cancellationToken)
    {
        await ReturnAsync();
        await HandshakeAsync(((OpenSslServerContext)context).Accept(this), cancellationToken);
        ForgetWait();
        return _tls!;
    }

    /// <inheritdoc/>
    public async ValueTask<TlsSession> AuthenticateAsClientAsync(TlsClientContext context, TlsTarget target, CancellationToken cancellationToken)
    {
        await ReturnAsync();
        var client = (OpenSslClientContext)context;
        await HandshakeAsync(client.Connect(this, target), cancellationToken);
        ForgetWait();
        client.Check(_tls!);
        return _tls!;
    }

    private ValueTask<bool> HandshakeAsync(OpenSslSession session, CancellationToken cancellationToken)
    {
        if (_tls is not null) throw new InvalidOperationException("The connection is a TLS one already.");
        _tls = session;
        if (_reader?.TakeBuffered(out var start, out var end) is { } ahead) session.ReadAhead(ahead, start, end);
        if (IsClosed)
        {
            session.Free();
            throw OpenSslSession.ClosedInHandshake();
        }

        cancellationToken.ThrowIfCancellationRequested();
        // A signature takes as long as many commands: where others wait it has to wait as well.
        var isPutOff = Loop.IsBusy;
        if (!isPutOff && session.Handshake()) return ValueTask.FromResult(true);
        _entry.Reset();
        _isHandshakeAwaited = true;
        if (isPutOff || session.HasMore) ResumeHandshakeLater();
        _waiting = cancellationToken.UnsafeRegister(static (self, token) => ((EpollConnection)self!).CancelHandshake(token), this);
        return new ValueTask<bool>(this, _entry.Version);
    }

    /// <summary>An event for TLS itself: the handshake's next message, or room for what was left.</summary>
    /// <returns>Whether nobody else is to be told.</returns>
    private bool OnTlsEvents(OpenSslSession tls, bool input, bool output)
    {
        if (input) tls.IsSocketReadable = true;
        if (output && tls.HasUnsent)
        {
            tls.SendUnsent();
            if (!tls.HasUnsent) OnTlsSent();       // sent, or lost with the peer
        }

        if (!tls.IsHandshaking) return IsClosed;
        if (!input || !_isHandshakeAwaited) return true;
        if (Loop.IsBusy) ResumeHandshakeLater();
        else ContinueHandshake(tls);
        return true;
    }

    /// <inheritdoc/>
    void IResumable.Resume()
    {
        _isHandshakeQueued = false;
        if (_isHandshakeAwaited) ContinueHandshake(_tls!);
    }

    private void ContinueHandshake(OpenSslSession tls)
    {
        try
        {
            if (tls.Handshake()) EndHandshake(null);
            else if (tls.HasMore) ResumeHandshakeLater();
        }
        catch (TlsException exception)
        {
            EndHandshake(exception);
        }
    }

    private void ResumeHandshakeLater()
    {
        if (_isHandshakeQueued) return;
        _isHandshakeQueued = true;
        Loop.ResumeLater(this);
    }

    private void OnTlsSent()
    {
        if (_endsWhenSent) ShutdownSend();
        OnDrained();
    }

    private void CancelHandshake(CancellationToken token)
    {
        if (!Loop.IsCurrent)
        {
            Loop.Post(static state =>
            {
                var (self, canceled) = ((EpollConnection, CancellationToken))state!;
                self.CancelHandshake(canceled);
            }, (this, token));
            return;
        }

        if (_isHandshakeAwaited) EndHandshake(new OperationCanceledException(token));
    }

    private void EndHandshake(Exception? exception)
    {
        _isHandshakeAwaited = false;
        _waiting.Unregister();
        _waiting = default;
        if (exception is null) _entry.SetResult(true);
        else _entry.SetException(exception);
    }

    /// <summary>The descriptor is closed.</summary>
    private void CloseTls()
    {
        _tls?.Free();
        if (_isHandshakeAwaited) EndHandshake(OpenSslSession.ClosedInHandshake());
    }
}
