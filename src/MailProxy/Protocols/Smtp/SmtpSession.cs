using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Resolving;
using MailProxy.Sessions;
using MailProxy.Tls;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Smtp;

namespace MailProxy.Protocols.Smtp;

/// <summary>The SMTP commands before the relay.</summary>
internal sealed class SmtpSession(SessionContext context, XclientNotices notices) : ProtocolSession(context)
{
    private byte[] _helo = [];
    private bool _usedEhlo;
    private byte[]? _mailFrom;
    private byte[]? _rcptTo;

    public override SmtpEnvelope? Envelope => _rcptTo is null ? null : new SmtpEnvelope(_helo, _mailFrom!, _rcptTo);

    protected override int LineLimit => Options.ClientBuffer;

    protected override byte[] PromptPrefix => SmtpReplies.Prompt;

    protected override IList<string> EnabledMethods => Options.Auth;

    private SmtpOptions Options => Context.Server.Smtp;

    /// <summary>Reverse DNS and the greeting delay.</summary>
    public override async ValueTask<SessionEndReason?> PrepareAsync(ClientDialogue session)
    {
        Context.ClientHost = await Context.Services.ClientHosts.ResolveAsync(
            Context.Server.Resolver, Context.Scope.Client, Context.LogContext, Context.Log, Context.Scope.Drain.Stop);
        await Context.ReturnToLoopAsync();
        if (Options.GreetingDelay <= TimeSpan.Zero) return null;

        Context.LogContext.Action = SessionAction.DelayingGreeting;
        if (await session.WaitForSilenceAsync(Options.GreetingDelay) is not { } early) return SessionEndReason.ClientClosed;
        if (early.Length == 0) return null;
        SessionLog.EarlyTalker(Context.Log, Loggable(early));
        SmtpReplies.ImproperPipelining(session.Output);
        return await session.SayLastAsync(SessionEndReason.EarlyTalker);
    }

    public override void WriteGreeting(ReplyWriter output) => SmtpReplies.Greeting(output, Context.Server.ServerName);

    public override void WriteInvalid(ReplyWriter output) => SmtpReplies.Invalid(output);

    public override void WriteCancelled(ReplyWriter output) => SmtpReplies.Cancelled(output);

    public override void WriteInternalError(ReplyWriter output) => SmtpReplies.InternalError(output);

    public override void WriteUnavailable(ReplyWriter output) => SmtpReplies.Unavailable(output);

    public override void WriteAuthFailure(AuthResult result, ReplyWriter output) => SmtpReplies.AuthFailure(output, result.ErrorCode, result.Text);

    public override void WriteComeBack(ReplyWriter output) => SmtpReplies.ComeBack(output, Context.Server.ServerName);

    public override void WriteBadCertificate(ReplyWriter output) => SmtpReplies.BadCertificate(output);

    public override void WriteNoCertificate(ReplyWriter output) => SmtpReplies.NoCertificate(output);

    /// <summary>That the client knows EHLO is kept: nginx keeps it too.</summary>
    public override void ForgetPlainText()
    {
        _helo = [];
        _mailFrom = null;
        _rcptTo = null;
    }

    public override void ResetLogin() => _rcptTo = null;          // MAIL stays: another RCPT may follow

    public override IUpstreamLogin CreateUpstreamLogin(AuthResult result)
    {
        var client = new SmtpClientFacts(_helo, _usedEhlo, Envelope, Context.ClientHost ?? "", Context.Scope.Client, Context.Scope.Local);
        return new SmtpUpstreamLogin(Context.Server, client, result, () =>
        {
            if (notices.IsNews(Context.LogContext.Upstream ?? "")) UpstreamLog.XclientNotOffered(Context.Log);
        });
    }

    protected override SessionStep HandleCommand(ReadOnlySpan<byte> input, ReplyWriter output, out int consumed)
    {
        var status = SmtpCommandParser.Parse(input, out var command);
        consumed = command.Consumed;
        BeginsSasl = status == ParseStatus.Incomplete && command.Verb == SmtpVerb.Auth;
        if (status == ParseStatus.Incomplete) return SessionStep.NeedInput;
        if (status == ParseStatus.Complete) return Execute(command, output);
        SmtpReplies.Invalid(output);
        return SessionStep.Error;
    }

    /// <summary>What of a client's line may be logged: an AUTH line may carry a password, and so may a line that is no command.</summary>
    private static string Loggable(ReadOnlySpan<byte> line)
    {
        if (SmtpCommandParser.Parse(line, out var command) != ParseStatus.Complete) return "...";
        return command.Verb == SmtpVerb.Auth ? "AUTH ..." : PeerText.ToText(command.Text);
    }

    private SessionStep Execute(in SmtpCommand command, ReplyWriter output)
    {
        switch (command.Verb)
        {
            case SmtpVerb.Helo or SmtpVerb.Ehlo:
                return Helo(command, output);
            case SmtpVerb.StartTls when StartTls != StarttlsMode.Off:
                SmtpReplies.StartTls(output);
                return SessionStep.StartTls;
            case SmtpVerb.Auth when StartTls == StarttlsMode.Only:
                SmtpReplies.Invalid(output);
                return SessionStep.Next;
            case SmtpVerb.Auth when command.ArgumentCount == 0:
                return InvalidArgument(output);
            case SmtpVerb.Auth:
                return BeginSasl(command.Argument(0), command.ArgumentCount > 1 ? command.Argument(1) : [], command.ArgumentCount, output);
            case SmtpVerb.Mail:
                return Mail(command, output);
            case SmtpVerb.Rcpt:
                return Rcpt(command, output);
            case SmtpVerb.Rset:
                _mailFrom = null;
                SmtpReplies.Ok(output);
                return SessionStep.Next;
            case SmtpVerb.Noop:
                SmtpReplies.Ok(output);
                return SessionStep.Next;
            case SmtpVerb.Quit:
                SmtpReplies.Bye(output);
                return SessionStep.Close(SessionEndReason.ClientClosed);
            default:
                SmtpReplies.Invalid(output);
                return SessionStep.Next;
        }
    }

    private SessionStep Helo(in SmtpCommand command, ReplyWriter output)
    {
        if (command.ArgumentCount != 1 || !ReplyWriter.IsSafe(command.Argument(0))) return InvalidArgument(output);
        _helo = command.Argument(0).ToArray();
        _mailFrom = null;
        if (command.Verb == SmtpVerb.Ehlo)
        {
            _usedEhlo = true;
            SmtpReplies.Ehlo(output, Context.Server.ServerName, Options, StartTls);
        }
        else
        {
            SmtpReplies.Helo(output, Context.Server.ServerName);
        }

        return SessionStep.Next;
    }

    private SessionStep Mail(in SmtpCommand command, ReplyWriter output)
    {
        if (!Options.Auth.Contains("none"))
        {
            SessionLog.MailRejected(Context.Log, PeerText.ToText(command.Text));
            SmtpReplies.AuthRequired(output);
        }
        else if (_mailFrom is not null)
        {
            SmtpReplies.BadSequence(output);
        }
        else if (command.ArgumentCount == 0 || !ReplyWriter.IsSafe(command.Text))
        {
            SmtpReplies.InvalidArgument(output);
        }
        else
        {
            _mailFrom = command.Text.ToArray();
            SmtpReplies.Ok(output);
        }

        return SessionStep.Next;
    }

    private SessionStep Rcpt(in SmtpCommand command, ReplyWriter output)
    {
        if (_mailFrom is null)
        {
            SmtpReplies.BadSequence(output);
            return SessionStep.Next;
        }

        if (command.ArgumentCount == 0 || !ReplyWriter.IsSafe(command.Text)) return InvalidArgument(output);
        _rcptTo = command.Text.ToArray();
        return SessionStep.Authenticate(new Credentials(AuthMethod.None, [], []));
    }

    private static SessionStep InvalidArgument(ReplyWriter output)
    {
        SmtpReplies.InvalidArgument(output);
        return SessionStep.Next;
    }
}
