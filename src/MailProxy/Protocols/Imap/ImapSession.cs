using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Sessions;
using MailProxy.Tls;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Imap;

namespace MailProxy.Protocols.Imap;

/// <summary>The IMAP commands before login.</summary>
internal sealed class ImapSession(SessionContext context) : ProtocolSession(context)
{
    private byte[] _tag = [];
    private int _welcomedLiterals;
    private ImapSkipper _skipper;
    private bool _hasSeenCapabilities;

    protected override int LineLimit => Options.ClientBuffer;

    protected override byte[] PromptPrefix => ImapReplies.Prompt;

    protected override IList<string> EnabledMethods => Options.Auth;

    private ImapOptions Options => Context.Server.Imap;

    public override void WriteGreeting(ReplyWriter output) => ImapReplies.Greeting(output);

    public override void WriteInvalid(ReplyWriter output) => ImapReplies.Invalid(output, _tag);

    public override void WriteTooLong(ReadOnlySpan<byte> input, ReplyWriter output)
    {
        if (_tag.Length > 0)
        {
            WriteInvalid(output);                // a line of an AUTHENTICATE exchange, or behind a literal
            return;
        }

        Parse(input, out var command);
        ImapReplies.Invalid(output, command.Tag);
    }

    public override void WriteInternalError(ReplyWriter output) => ImapReplies.InternalError(output, _tag);

    public override void WriteUnavailable(ReplyWriter output) => ImapReplies.Unavailable(output, _tag);

    public override void WriteAuthFailure(AuthResult result, ReplyWriter output) => ImapReplies.AuthFailure(output, _tag, result.Text);

    public override void WriteComeBack(ReplyWriter output) => ImapReplies.ComeBack(output);

    public override void WriteBadCertificate(ReplyWriter output) => ImapReplies.BadCertificate(output);

    public override void WriteNoCertificate(ReplyWriter output) => ImapReplies.NoCertificate(output);

    /// <summary>Behind STARTTLS a client forgets what it was told before (RFC 9051, section 6.2.1).</summary>
    public override void ForgetPlainText() => _hasSeenCapabilities = false;

    public override IUpstreamLogin CreateUpstreamLogin(AuthResult result)
    {
        var mode = Context.Server.ImapUpstream.ImapCapability;
        return new ImapUpstreamLogin(_tag, result.UpstreamCredentials, mode == ImapCapabilityMode.On || (mode == ImapCapabilityMode.Auto && _hasSeenCapabilities));
    }

    protected override SessionStep HandleCommand(ReadOnlySpan<byte> input, ReplyWriter output, out int consumed)
    {
        if (_skipper.IsActive) return Skip(input, output, out consumed);
        _tag = [];
        var status = Parse(input, out var command);
        BeginsSasl = status == ParseStatus.Incomplete && command.Verb == ImapVerb.Authenticate;
        for (; _welcomedLiterals < command.Literals; _welcomedLiterals++) ImapReplies.LiteralWelcome(output);
        consumed = command.Consumed;
        if (status == ParseStatus.Incomplete) return SessionStep.NeedInput;

        _welcomedLiterals = 0;
        if (status == ParseStatus.Complete) return Execute(command, output);
        if (command.UnaskedLiteral is not { } literal) return Refuse(command.Tag, output, SessionStep.Error);
        if (!_skipper.TryBegin(literal)) return Refuse(command.Tag, output, SessionStep.Close(SessionEndReason.ProtocolError));
        _tag = command.Tag.ToArray();
        return SessionStep.Next;
    }

    private static SessionStep Refuse(ReadOnlySpan<byte> tag, ReplyWriter output, SessionStep step)
    {
        ImapReplies.Invalid(output, tag);
        return step;
    }

    private ParseStatus Parse(ReadOnlySpan<byte> input, out ImapCommand command) => ImapCommandParser.Parse(input, LineLimit, Options.Id, out command);

    /// <summary>An invalid command is answered at its end: what stands in its literals is no command.</summary>
    private SessionStep Skip(ReadOnlySpan<byte> input, ReplyWriter output, out int consumed)
    {
        var status = _skipper.Skip(input, out consumed);
        if (status == ParseStatus.Incomplete) return consumed > 0 ? SessionStep.Next : SessionStep.NeedInput;
        var step = Refuse(_tag, output, status == ParseStatus.Complete ? SessionStep.Error : SessionStep.Close(SessionEndReason.ProtocolError));
        _tag = [];
        return step;
    }

    private SessionStep Execute(in ImapCommand command, ReplyWriter output)
    {
        switch (command.Verb)
        {
            case ImapVerb.Capability:
                _hasSeenCapabilities = true;
                ImapReplies.Capability(output, Options, StartTls);
                ImapReplies.Completed(output, command.Tag);
                return SessionStep.Next;
            case ImapVerb.Noop:
                ImapReplies.Completed(output, command.Tag);
                return SessionStep.Next;
            case ImapVerb.Id:
                ImapReplies.Id(output);
                ImapReplies.Completed(output, command.Tag);
                return SessionStep.Next;
            case ImapVerb.Logout:
                ImapReplies.Bye(output);
                ImapReplies.Completed(output, command.Tag);
                return SessionStep.Close(SessionEndReason.ClientClosed);
            case ImapVerb.StartTls when StartTls != StarttlsMode.Off:
                ImapReplies.Completed(output, command.Tag);
                return SessionStep.StartTls;
            case ImapVerb.Login or ImapVerb.Authenticate when StartTls == StarttlsMode.Only:
                ImapReplies.Invalid(output, command.Tag);
                return SessionStep.Next;
            case ImapVerb.Login when command.ArgumentCount == 2 && command.Argument(0).Raw.Length > 0:
                _tag = command.Tag.ToArray();
                return SessionStep.Authenticate(new Credentials(AuthMethod.Plain, command.Argument(0).ToArray(), command.Argument(1).ToArray()));
            case ImapVerb.Authenticate when command.ArgumentCount > 0:
                _tag = command.Tag.ToArray();
                return BeginSasl(command.Argument(0).Raw, command.ArgumentCount > 1 ? command.Argument(1).Raw : [], command.ArgumentCount, output);
            default:
                ImapReplies.Invalid(output, command.Tag);
                return SessionStep.Next;
        }
    }
}
