using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Tls;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Sasl;

namespace MailProxy.Sessions;

/// <summary>
/// One client's commands before login, as a state machine that does no I/O: bytes in, replies out, and a
/// <see cref="SessionStep"/>. <see cref="ClientDialogue"/> reads, writes, counts errors and keeps the time.
/// </summary>
internal abstract class ProtocolSession(SessionContext context)
{
    private SaslExchange? _sasl;

    /// <summary>The most bytes that the next command or response may take, line end included. It grows when a command turns out to bring a SASL response.</summary>
    public int CommandLimit =>
        _sasl is { IsActive: true } ? Math.Max(LineLimit, SaslResponse.LineLimit)
        : BeginsSasl ? Math.Max(LineLimit, SaslResponse.CommandLimit)
        : LineLimit;

    /// <summary>What SMTP tells the auth server where nobody authenticates; null otherwise.</summary>
    public virtual SmtpEnvelope? Envelope => null;

    protected SessionContext Context { get; } = context;

    /// <summary>What <c>starttls</c> says to this client: nothing once its connection is TLS.</summary>
    protected StarttlsMode StartTls => Context.Scope.TlsSession is null ? Context.Server.Tls.Starttls : StarttlsMode.Off;

    /// <summary>The most bytes that any other command may take.</summary>
    protected abstract int LineLimit { get; }

    /// <summary>Whether the command that is not complete yet begins a SASL exchange.</summary>
    protected bool BeginsSasl { get; set; }

    /// <summary>What a SASL prompt begins with.</summary>
    protected abstract byte[] PromptPrefix { get; }

    /// <summary>The mechanisms that the server's <c>*_auth</c> lists.</summary>
    protected abstract IList<string> EnabledMethods { get; }

    private SaslExchange Sasl => _sasl ??= new SaslExchange(Context, PromptPrefix, EnabledMethods);

    /// <summary>All that happens between accepting and the greeting.</summary>
    /// <returns>Why the session ends before it; null when the greeting may go out.</returns>
    public virtual ValueTask<SessionEndReason?> PrepareAsync(ClientDialogue session) => ValueTask.FromResult<SessionEndReason?>(null);

    public abstract void WriteGreeting(ReplyWriter output);

    /// <summary>Handles one command, or one line of a SASL exchange.</summary>
    /// <param name="input">What the client sent and nobody handled yet, at most <see cref="CommandLimit"/> bytes.</param>
    /// <param name="output">Where replies go.</param>
    /// <param name="consumed">How much of the input is done with.</param>
    public SessionStep Handle(ReadOnlySpan<byte> input, ReplyWriter output, out int consumed)
    {
        if (_sasl is not { IsActive: true }) return HandleCommand(input, output, out consumed);
        switch (SaslResponse.Read(input, out var response, out consumed))
        {
            case ParseStatus.Incomplete:
                return SessionStep.NeedInput;
            case ParseStatus.Invalid:
                _sasl.Abandon();
                WriteInvalid(output);
                return SessionStep.Error;
            default:
                return Answer(_sasl.Continue(response, output), output);
        }
    }

    /// <summary>The protocol's answer to a command that it does not understand or does not allow.</summary>
    public abstract void WriteInvalid(ReplyWriter output);

    /// <summary>The same for a command that never ended: what is there of it says whom to answer.</summary>
    public virtual void WriteTooLong(ReadOnlySpan<byte> input, ReplyWriter output) => WriteInvalid(output);

    /// <summary>The answer to a client that gives up in the middle of a SASL exchange.</summary>
    public virtual void WriteCancelled(ReplyWriter output) => WriteInvalid(output);

    /// <summary>nginx's answer to every failure that is not the client's.</summary>
    public abstract void WriteInternalError(ReplyWriter output);

    /// <summary>The protocol's temporary failure, as the answer to a login: the client is to come back.</summary>
    public abstract void WriteUnavailable(ReplyWriter output);

    /// <summary>The auth server's refusal.</summary>
    public abstract void WriteAuthFailure(AuthResult result, ReplyWriter output);

    /// <summary>The protocol's temporary goodbye, for a shutdown and for <c>proxy off</c>.</summary>
    public abstract void WriteComeBack(ReplyWriter output);

    /// <summary>In place of the greeting or of the next answer: the client's certificate is not good.</summary>
    public abstract void WriteBadCertificate(ReplyWriter output);

    /// <summary>The same where there is none.</summary>
    public abstract void WriteNoCertificate(ReplyWriter output);

    /// <summary>STARTTLS begins: what the client has said in plain text is forgotten.</summary>
    public virtual void ForgetPlainText()
    {
    }

    /// <summary>Control returns to the client after a failed login.</summary>
    public virtual void ResetLogin()
    {
    }

    /// <summary>The login at an upstream that speaks this protocol, for what the client asked.</summary>
    /// <param name="result">The auth server's answer.</param>
    public abstract IUpstreamLogin CreateUpstreamLogin(AuthResult result);

    protected abstract SessionStep HandleCommand(ReadOnlySpan<byte> input, ReplyWriter output, out int consumed);

    /// <summary>Begins a SASL exchange: <c>AUTHENTICATE</c> or <c>AUTH</c> with its one or two arguments.</summary>
    protected SessionStep BeginSasl(ReadOnlySpan<byte> mechanism, ReadOnlySpan<byte> initial, int arguments, ReplyWriter output) =>
        Answer(Sasl.Begin(SaslMechanisms.Parse(mechanism), initial, arguments, output), output);

    private SessionStep Answer(SaslOutcome outcome, ReplyWriter output)
    {
        if (outcome.Credentials is { } credentials) return SessionStep.Authenticate(credentials);
        if (outcome.Cancelled) WriteCancelled(output);
        else if (outcome.Invalid) WriteInvalid(output);
        return SessionStep.Next;
    }
}
