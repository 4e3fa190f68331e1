using System.Buffers;
using MailProxy.Observing;
using MailProxy.Tls;
using MailProxy.Transport.Tls;
using MailProxy.Wire;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Upstreams.Dialling;

/// <summary>How many of these bytes are the first whole reply; 0 where it is not all there.</summary>
internal delegate int ReplyMeasure(ReadOnlySpan<byte> data);

/// <summary>Whether a whole reply is the one that is expected.</summary>
internal delegate bool ReplyTest(ReadOnlySpan<byte> reply);

/// <summary>
/// Commands to an upstream and its replies, each within <c>proxy_buffer</c>. A reply is taken to its last byte and no
/// further, however the bytes came: what follows it is the next reply, or the relay's.
/// </summary>
/// <param name="connection">The upstream's connection.</param>
/// <param name="replyLimit">The most bytes that one reply may take (<c>proxy_buffer</c>).</param>
/// <param name="logContext">Told what is being sent and awaited.</param>
/// <param name="starttls">The handshake that the login has to ask for; null where there is none.</param>
internal sealed class UpstreamDialogue(ConnectionContext connection, int replyLimit, SessionLogContext logContext, UpstreamHandshake? starttls = null)
{
    /// <summary>Whether the upstream must be asked for TLS before it is told anything.</summary>
    public bool NeedsStarttls => starttls is not null;

    /// <summary>Whether the upstream has been told who logs in: from then on no other may be tried.</summary>
    public bool HasSentCredentials { get; private set; }

    /// <summary>Called when <see cref="HasSentCredentials"/> becomes true.</summary>
    public Action? CredentialsSent { get; init; }

    /// <summary>Where the next command is written; nothing is sent before <see cref="SendAsync"/>.</summary>
    public ReplyWriter Output => new(connection.Transport.Output);

    public async ValueTask SendAsync(string action, CancellationToken cancellationToken)
    {
        logContext.Action = action;
        await connection.Transport.Output.FlushAsync(cancellationToken);
        logContext.Action = SessionAction.ReadingUpstream;
    }

    /// <summary>The next command tells the upstream who logs in, or how.</summary>
    public void BeginCredentials()
    {
        if (HasSentCredentials) return;
        HasSentCredentials = true;
        CredentialsSent?.Invoke();
    }

    /// <summary>Sends the STARTTLS that is written, and does the handshake that the upstream agrees to.</summary>
    /// <param name="measure">The protocol's framing. Nothing may come behind the answer (RFC 3207, section 6).</param>
    /// <param name="isGoAhead">Whether the upstream agrees.</param>
    /// <param name="cancellationToken">The login's time budget.</param>
    /// <exception cref="UpstreamException">It does not, or sent more than its answer.</exception>
    public async ValueTask StartTlsAsync(ReplyMeasure measure, ReplyTest isGoAhead, CancellationToken cancellationToken)
    {
        await SendAsync(SessionAction.SendingStarttls, cancellationToken);
        await ExpectAsync(measure, isGoAhead, UpstreamError.StarttlsRefused, cancellationToken);
        CheckNothingIsUnread();
        await starttls!.RunAsync(connection, logContext, cancellationToken);
    }

    /// <summary>Waits for one reply of which only one kind will do.</summary>
    /// <param name="measure">The protocol's framing.</param>
    /// <param name="isExpected">Whether it is that kind.</param>
    /// <param name="otherwise">What any other reply means.</param>
    /// <param name="cancellationToken">The login's time budget.</param>
    /// <exception cref="UpstreamException">It is another, or there is none.</exception>
    public async ValueTask<byte[]> ExpectAsync(ReplyMeasure measure, ReplyTest isExpected, UpstreamError otherwise, CancellationToken cancellationToken)
    {
        var reply = await ReadReplyAsync(measure, cancellationToken);
        return isExpected(reply) ? reply : throw new UpstreamException(otherwise, reply);
    }

    /// <summary>Waits for one reply.</summary>
    /// <param name="measure">The protocol's framing.</param>
    /// <param name="cancellationToken">The login's time budget.</param>
    /// <exception cref="UpstreamException">There is none, or it is too long.</exception>
    public async ValueTask<byte[]> ReadReplyAsync(ReplyMeasure measure, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        logContext.Action = SessionAction.ReadingUpstream;
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var data = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, replyLimit)).ToArray();
            if (measure(data) is var length and > 0)
            {
                input.AdvanceTo(result.Buffer.GetPosition(length));
                return data[..length];
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (data.Length == replyLimit) throw new UpstreamException(UpstreamError.ReplyTooLong, data);
            if (result.IsCompleted) throw new UpstreamException(UpstreamError.Closed);
        }
    }

    private void CheckNothingIsUnread()
    {
        if (!connection.Transport.Input.TryRead(out var result)) return;
        connection.Transport.Input.AdvanceTo(result.Buffer.Start);
        if (!result.Buffer.IsEmpty) throw new UpstreamException(UpstreamError.StarttlsInjection);
        if (!result.IsCompleted) return;
        // The reader has taken the end off the socket: the handshake would wait for it in vain.
        logContext.Action = SessionAction.HandshakingToUpstream;
        throw new TlsException(TlsFailure.Closed, "peer closed connection in SSL handshake");
    }
}
