using MailProxy.Authentication;
using MailProxy.Diagnostics;
using MailProxy.Upstream;
using MailProxy.Wire;
using MailProxy.Wire.Imap;

namespace MailProxy.Protocols.Imap;

/// <summary>LOGIN with two literals, under the client's own tag, so that the upstream's answer is the client's.</summary>
internal sealed class ImapUpstreamLogin(byte[] tag, Credentials? credentials) : IUpstreamLogin
{
    public async ValueTask<byte[]> LoginAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        if (credentials is null) throw new UpstreamException(UpstreamError.NoPassword);
        if (!ReplyWriter.IsSafe(credentials.Login) || !ReplyWriter.IsSafe(credentials.Secret)) throw new UpstreamException(UpstreamError.UnsafeCredentials);

        await upstream.ExpectAsync(UpstreamReply.IsComplete, ImapReply.IsGreeting, cancellationToken);
        if (upstream.NeedsStarttls)
        {
            upstream.Output.Value(tag).Text(" STARTTLS"u8).End();
            await upstream.StartTlsAsync(ImapReply.Length, answer => ImapReply.IsOk(answer, tag), cancellationToken);
        }

        upstream.Output.Value(tag).Text(" LOGIN {"u8).Number(credentials.Login.Length).Text("}"u8).End();
        await upstream.SendAsync(SessionAction.SendingLogin, cancellationToken);
        await upstream.ExpectAsync(UpstreamReply.IsComplete, ImapReply.IsContinuation, cancellationToken);
        upstream.BeginCredentials();
        upstream.Output.Value(credentials.Login).Text(" {"u8).Number(credentials.Secret.Length).Text("}"u8).End();
        await upstream.SendAsync(SessionAction.SendingUser, cancellationToken);
        await upstream.ExpectAsync(UpstreamReply.IsComplete, ImapReply.IsContinuation, cancellationToken);
        upstream.Output.Value(credentials.Secret).End();
        await upstream.SendAsync(SessionAction.SendingPassword, cancellationToken);

        var reply = await upstream.ReadReplyAsync(data => ImapReply.ReadLoginAnswer(data, tag) != ImapLoginAnswer.Incomplete, cancellationToken);
        if (ImapReply.ReadLoginAnswer(reply, tag) == ImapLoginAnswer.Ok) return reply;
        throw new UpstreamException(UpstreamError.Refused, reply) { LoggedFrom = reply.AsSpan().StartsWith(tag) ? tag.Length + 1 : 0 };
    }
}
