using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Sessions;
using MailProxy.Tls;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Pop3;

namespace MailProxy.Protocols.Pop3;

/// <summary>The POP3 commands of the AUTHORIZATION state.</summary>
internal sealed class Pop3Session(SessionContext context) : ProtocolSession(context)
{
    /// <summary>What USER named; null before it.</summary>
    private byte[]? _user;

    protected override int LineLimit => Options.ClientBuffer;

    protected override byte[] PromptPrefix => Pop3Replies.Prompt;

    protected override IList<string> EnabledMethods => Context.Server.Pop3.Auth;

    private Pop3Options Options => Context.Server.Pop3;

    public override void WriteGreeting(ReplyWriter output) =>
        Pop3Replies.Greeting(output, Options.Auth.Contains("apop") || Options.Auth.Contains("cram-md5") ? Context.Challenge : null);

    public override void WriteInvalid(ReplyWriter output)
    {
        _user = null;
        Pop3Replies.Invalid(output);
    }

    public override void WriteInternalError(ReplyWriter output) => Pop3Replies.InternalError(output);

    public override void WriteUnavailable(ReplyWriter output) => Pop3Replies.Unavailable(output);

    public override void WriteAuthFailure(AuthResult result, ReplyWriter output) => Pop3Replies.AuthFailure(output, result.Text);

    public override void WriteComeBack(ReplyWriter output) => Pop3Replies.ComeBack(output);

    public override void WriteBadCertificate(ReplyWriter output) => Pop3Replies.BadCertificate(output);

    public override void WriteNoCertificate(ReplyWriter output) => Pop3Replies.NoCertificate(output);

    public override void ResetLogin() => _user = null;

    public override IUpstreamLogin CreateUpstreamLogin(AuthResult result) => new Pop3UpstreamLogin(result.UpstreamCredentials);

    protected override SessionStep HandleCommand(ReadOnlySpan<byte> input, ReplyWriter output, out int consumed)
    {
        var status = Pop3CommandParser.Parse(input, out var command);
        consumed = command.Consumed;
        BeginsSasl = status == ParseStatus.Incomplete && command.Verb == Pop3Verb.Auth;
        if (status == ParseStatus.Incomplete) return SessionStep.NeedInput;
        if (status == ParseStatus.Complete) return _user is null ? ExecuteAtStart(command, output) : ExecuteAfterUser(command, output);
        WriteInvalid(output);
        return SessionStep.Error;
    }

    private SessionStep ExecuteAtStart(in Pop3Command command, ReplyWriter output)
    {
        switch (command.Verb)
        {
            case Pop3Verb.Capa:
                Pop3Replies.Capabilities(output, Options, StartTls);
                return SessionStep.Next;
            case Pop3Verb.Stls when StartTls != StarttlsMode.Off:
                Pop3Replies.Ok(output);
                return SessionStep.StartTls;
            case Pop3Verb.User or Pop3Verb.Apop or Pop3Verb.Auth when StartTls == StarttlsMode.Only:
                WriteInvalid(output);
                return SessionStep.Next;
            case Pop3Verb.User when command.ArgumentCount == 1:
                _user = command.Argument(0).ToArray();
                Context.LogContext.Login = PeerText.ToText(_user);
                Pop3Replies.Ok(output);
                return SessionStep.Next;
            case Pop3Verb.Apop when command.ArgumentCount == 2 && Options.Auth.Contains("apop"):
                var salt = System.Text.Encoding.ASCII.GetBytes(Context.Challenge);
                return SessionStep.Authenticate(new Credentials(AuthMethod.Apop, command.Argument(0).ToArray(), command.Argument(1).ToArray(), salt));
            case Pop3Verb.Auth when command.ArgumentCount == 0:
                Pop3Replies.AuthMethods(output, Options);
                return SessionStep.Next;
            case Pop3Verb.Auth:
                return BeginSasl(command.Argument(0), command.ArgumentCount > 1 ? command.Argument(1) : [], command.ArgumentCount, output);
            default:
                return ExecuteAnywhere(command, output);
        }
    }

    private SessionStep ExecuteAfterUser(in Pop3Command command, ReplyWriter output)
    {
        if (command.Verb == Pop3Verb.Pass && command.ArgumentCount == 1)
            return SessionStep.Authenticate(new Credentials(AuthMethod.Plain, _user!, command.Argument(0).ToArray()));
        return ExecuteAnywhere(command, output);
    }

    private SessionStep ExecuteAnywhere(in Pop3Command command, ReplyWriter output)
    {
        switch (command.Verb)
        {
            case Pop3Verb.Capa:
                Pop3Replies.Capabilities(output, Options, StarttlsMode.Off);       // behind USER there is no STLS
                return SessionStep.Next;
            case Pop3Verb.Noop:
                Pop3Replies.Ok(output);
                return SessionStep.Next;
            case Pop3Verb.Quit:
                Pop3Replies.Ok(output);
                return SessionStep.Close(SessionEndReason.ClientClosed);
            default:
                WriteInvalid(output);
                return SessionStep.Next;
        }
    }
}
