using MailProxy.Authentication;
using MailProxy.Sessions;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;

namespace MailProxy.Tests.Protocols.Toy;

/// <summary>The one command before login.</summary>
internal sealed class ToySession(SessionContext context) : ProtocolSession(context)
{
    protected override int LineLimit => 100;

    protected override byte[] PromptPrefix => [];

    protected override IList<string> EnabledMethods => Context.Server.Toy.Auth;

    public override void WriteGreeting(ReplyWriter output)
    {
        for (var i = 0; i < Context.Server.Toy.Greeting.Times; i++) output.Text(Context.Server.Toy.Greeting.Word).End();
    }

    public override void WriteInvalid(ReplyWriter output) => output.Text("NO what?"u8).End();

    public override void WriteInternalError(ReplyWriter output) => output.Text("NO sorry"u8).End();

    public override void WriteUnavailable(ReplyWriter output) => output.Text("NO later"u8).End();

    public override void WriteAuthFailure(AuthResult result, ReplyWriter output) => output.Text("NO "u8).Value(result.Text).End();

    public override void WriteComeBack(ReplyWriter output) => WriteUnavailable(output);

    public override void WriteBadCertificate(ReplyWriter output) => WriteInvalid(output);

    public override void WriteNoCertificate(ReplyWriter output) => WriteInvalid(output);

    public override IUpstreamLogin CreateUpstreamLogin(AuthResult result) => new ToyUpstreamLogin(result.UpstreamCredentials);

    protected override SessionStep HandleCommand(ReadOnlySpan<byte> input, ReplyWriter output, out int consumed)
    {
        consumed = UpstreamReply.LineLength(input);
        if (consumed == 0) return SessionStep.NeedInput;
        var words = System.Text.Encoding.ASCII.GetString(input[..(consumed - 2)]).Split(' ');
        if (words is ["LOGIN", var user, var password])
            return SessionStep.Authenticate(new Credentials(AuthMethod.Plain, System.Text.Encoding.ASCII.GetBytes(user), System.Text.Encoding.ASCII.GetBytes(password)));
        WriteInvalid(output);
        return SessionStep.Error;
    }
}
