using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Pop3;

namespace MailProxy.Protocols.Pop3;

/// <summary>USER and PASS; the answer to PASS is the answer to the client's own login.</summary>
internal sealed class Pop3UpstreamLogin(Credentials? credentials) : IUpstreamLogin
{
    public async ValueTask<byte[]> LoginAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        if (credentials is null) throw new UpstreamException(UpstreamError.NoPassword);
        if (!ReplyWriter.IsSafe(credentials.Login) || !ReplyWriter.IsSafe(credentials.Secret)) throw new UpstreamException(UpstreamError.UnsafeCredentials);

        await upstream.ExpectAsync(UpstreamReply.LineLength, Pop3Reply.IsOk, UpstreamError.Unavailable, cancellationToken);
        if (upstream.NeedsStarttls)
        {
            upstream.Output.Text("STLS"u8).End();
            await upstream.StartTlsAsync(UpstreamReply.LineLength, Pop3Reply.IsOk, cancellationToken);
        }

        upstream.BeginCredentials();
        upstream.Output.Text("USER "u8).Value(credentials.Login).End();
        await upstream.SendAsync(SessionAction.SendingUser, cancellationToken);
        await ExpectOkAsync(upstream, cancellationToken);
        upstream.Output.Text("PASS "u8).Value(credentials.Secret).End();
        await upstream.SendAsync(SessionAction.SendingPassword, cancellationToken);
        return await ExpectOkAsync(upstream, cancellationToken);
    }

    private static async ValueTask<byte[]> ExpectOkAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        var reply = await upstream.ReadReplyAsync(UpstreamReply.LineLength, cancellationToken);
        if (Pop3Reply.IsOk(reply)) return reply;
        if (!Pop3Reply.IsError(reply)) throw new UpstreamException(UpstreamError.Unexpected, reply);
        throw new UpstreamException(Pop3Reply.IsTemporary(reply) ? UpstreamError.Unavailable : UpstreamError.Refused, reply) { IsAnswer = true };
    }
}
