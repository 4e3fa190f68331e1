using MailProxy.Authentication;
using MailProxy.Observing;
using MailProxy.Upstreams.Dialling;
using MailProxy.Wire;
using MailProxy.Wire.Imap;

namespace MailProxy.Protocols.Imap;

/// <summary>LOGIN with two literals, under the client's own tag, so that the upstream's answer is the client's.</summary>
/// <param name="tag">The tag of the client's LOGIN or AUTHENTICATE.</param>
/// <param name="credentials">What the upstream is told; null where there is no password.</param>
/// <param name="needsCapability">Whether the client has to be told what the upstream can do (<c>proxy_imap_capability</c>).</param>
internal sealed class ImapUpstreamLogin(byte[] tag, Credentials? credentials, bool needsCapability) : IUpstreamLogin
{
    private const string Disabled = "says LOGINDISABLED (is \"proxy_ssl starttls\" missing?)";

    public async ValueTask<byte[]> LoginAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        if (credentials is null) throw new UpstreamException(UpstreamError.NoPassword);
        if (!ReplyWriter.IsSafe(credentials.Login) || !ReplyWriter.IsSafe(credentials.Secret)) throw new UpstreamException(UpstreamError.UnsafeCredentials);

        var greeting = await upstream.ExpectAsync(ImapReply.ResponseLength, ImapReply.IsGreeting, UpstreamError.Unavailable, cancellationToken);
        if (upstream.NeedsStarttls)
        {
            // What the greeting lists is void from here on (RFC 9051, section 6.2.1).
            upstream.Output.Value(tag).Text(" STARTTLS"u8).End();
            await upstream.StartTlsAsync(ImapReply.AnswerLength, answer => ImapReply.Read(answer, tag) == ImapAnswer.Ok, cancellationToken);
        }
        else
        {
            CheckLoginIsTaken(greeting);
        }

        upstream.Output.Value(tag).Text(" LOGIN {"u8).Number(credentials.Login.Length).Text("}"u8).End();
        await upstream.SendAsync(SessionAction.SendingLogin, cancellationToken);
        var answer = await ReadAsync(upstream, cancellationToken);
        if (ImapReply.Read(answer, tag) == ImapAnswer.Bad) await SendQuotedAsync(upstream, cancellationToken);
        else if (ImapReply.Read(answer, tag) == ImapAnswer.Continue) await SendLiteralsAsync(upstream, credentials, cancellationToken);
        else throw new UpstreamException(IsNo(answer) ? UpstreamError.Unavailable : UpstreamError.Unexpected, answer) { LoggedFrom = ImapReply.LastLine(answer) };

        answer = await ReadAsync(upstream, cancellationToken);
        if (ImapReply.Read(answer, tag) != ImapAnswer.Ok) throw Refusal(answer, isLast: true);
        return needsCapability && !ImapCapabilities.TryFind(answer, out _) ? await AddCapabilityAsync(upstream, answer, cancellationToken) : answer;
    }

    /// <summary>Waits for an answer; a goodbye is none.</summary>
    private async ValueTask<byte[]> ReadAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        var answer = await upstream.ReadReplyAsync(ImapReply.AnswerLength, cancellationToken);
        if (ImapReply.Read(answer, tag) != ImapAnswer.Bye) return answer;
        throw new UpstreamException(UpstreamError.Unavailable, answer) { LoggedFrom = ImapReply.LastLine(answer) };
    }

    private async ValueTask SendLiteralsAsync(UpstreamDialogue upstream, Credentials known, CancellationToken cancellationToken)
    {
        upstream.BeginCredentials();
        upstream.Output.Value(known.Login).Text(" {"u8).Number(known.Secret.Length).Text("}"u8).End();
        await upstream.SendAsync(SessionAction.SendingUser, cancellationToken);
        var answer = await ReadAsync(upstream, cancellationToken);
        if (ImapReply.Read(answer, tag) != ImapAnswer.Continue) throw Refusal(answer, isLast: false);
        upstream.Output.Value(known.Secret).End();
        await upstream.SendAsync(SessionAction.SendingPassword, cancellationToken);
    }

    /// <summary>For an upstream that knows no literals. It may also be one that takes no LOGIN: so it is asked first.</summary>
    private async ValueTask SendQuotedAsync(UpstreamDialogue upstream, CancellationToken cancellationToken)
    {
        upstream.Output.Value(tag).Text(" CAPABILITY"u8).End();
        await upstream.SendAsync(SessionAction.SendingCapability, cancellationToken);
        CheckLoginIsTaken(await ReadAsync(upstream, cancellationToken));
        upstream.BeginCredentials();
        upstream.Output.Value(tag).Text(" LOGIN "u8).Quoted(credentials!.Login).Text(" "u8).Quoted(credentials.Secret).End();
        await upstream.SendAsync(SessionAction.SendingLogin, cancellationToken);
    }

    /// <summary>Puts the list that the upstream is asked for before its OK.</summary>
    private async ValueTask<byte[]> AddCapabilityAsync(UpstreamDialogue upstream, byte[] answer, CancellationToken cancellationToken)
    {
        byte[] ownTag = [(byte)'C', .. tag];
        upstream.Output.Value(ownTag).Text(" CAPABILITY"u8).End();
        await upstream.SendAsync(SessionAction.SendingCapability, cancellationToken);
        var list = await upstream.ReadReplyAsync(ImapReply.AnswerLength, cancellationToken);
        var end = ImapReply.Read(list, ownTag);
        if (end is not (ImapAnswer.Ok or ImapAnswer.No or ImapAnswer.Bad))
            throw new UpstreamException(end == ImapAnswer.Bye ? UpstreamError.Unavailable : UpstreamError.Unexpected, list) { LoggedFrom = ImapReply.LastLine(list) };
        var last = ImapReply.LastLine(answer);
        return [.. answer.AsSpan(0, last), .. list.AsSpan(0, ImapReply.LastLine(list)), .. answer.AsSpan(last)];
    }

    private static void CheckLoginIsTaken(ReadOnlySpan<byte> responses)
    {
        if (ImapCapabilities.TryFind(responses, out var words) && ImapCapabilities.Contains(words, "LOGINDISABLED"u8))
            throw new UpstreamException(UpstreamError.LoginNotOffered) { Missing = Disabled };
    }

    private bool IsNo(byte[] answer) => ImapReply.Read(answer, tag) == ImapAnswer.No;

    /// <summary>Only a NO is an answer to the client's own login; a BAD is to what we have made of it.</summary>
    private UpstreamException Refusal(byte[] answer, bool isLast)
    {
        var last = ImapReply.LastLine(answer);
        var from = isLast && answer.AsSpan(last).StartsWith(tag) ? last + tag.Length + 1 : last;
        if (!IsNo(answer)) return new UpstreamException(UpstreamError.Unexpected, answer) { LoggedFrom = from };
        return ImapReply.ReadRefusal(answer, tag) switch
        {
            ImapRefusal.NeedsTls => new UpstreamException(UpstreamError.Unexpected, answer) { LoggedFrom = from },
            ImapRefusal.Temporary => new UpstreamException(UpstreamError.Unavailable, answer) { LoggedFrom = from, IsAnswer = true },
            _ => new UpstreamException(UpstreamError.Refused, answer) { LoggedFrom = from, IsAnswer = true },
        };
    }
}
