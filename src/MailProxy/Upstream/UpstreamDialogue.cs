using System.Buffers;
using MailProxy.Diagnostics;
using MailProxy.Wire;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Upstream;

/// <summary>Whether these bytes are a whole reply.</summary>
internal delegate bool ReplyFraming(ReadOnlySpan<byte> data);

/// <summary>Commands to an upstream and its replies, one at a time, within <c>proxy_buffer</c>.</summary>
/// <param name="connection">The upstream's connection.</param>
/// <param name="replyLimit">The most bytes that one reply may take (<c>proxy_buffer</c>).</param>
/// <param name="logContext">Told what is being sent and awaited.</param>
internal sealed class UpstreamDialogue(ConnectionContext connection, int replyLimit, SessionLogContext logContext)
{
    /// <summary>Where the next command is written; nothing is sent before <see cref="SendAsync"/>.</summary>
    public ReplyWriter Output => new(connection.Transport.Output);

    public async ValueTask SendAsync(string action, CancellationToken cancellationToken)
    {
        logContext.Action = action;
        await connection.Transport.Output.FlushAsync(cancellationToken);
        logContext.Action = SessionAction.ReadingUpstream;
    }

    /// <summary>Waits for one reply. Whatever came with it belongs to it, as nginx has it.</summary>
    /// <param name="isComplete">The protocol's framing.</param>
    /// <param name="cancellationToken">The login's time budget.</param>
    public ValueTask<byte[]> ReadReplyAsync(ReplyFraming isComplete, CancellationToken cancellationToken) => ExpectAsync(isComplete, static _ => true, cancellationToken);

    /// <summary>The same; every reply but the expected is the upstream's refusal.</summary>
    /// <exception cref="UpstreamException">The upstream refused.</exception>
    public async ValueTask<byte[]> ExpectAsync(ReplyFraming isComplete, ReplyFraming isExpected, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        logContext.Action = SessionAction.ReadingUpstream;
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var data = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, replyLimit)).ToArray();
            if (isComplete(data))
            {
                input.AdvanceTo(result.Buffer.GetPosition(data.Length));
                return isExpected(data) ? data : throw new UpstreamException(UpstreamError.Refused, data);
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (data.Length == replyLimit) throw new UpstreamException(UpstreamError.ReplyTooLong, data);
            if (result.IsCompleted) throw new UpstreamException(UpstreamError.Closed);
        }
    }
}
