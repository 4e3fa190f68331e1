using System.Buffers;
using MailProxy.Observing;
using MailProxy.Wire;
using MailProxy.Wire.ProxyProtocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Connections;

/// <summary>Takes the PROXY header off the connections of a <c>listen … proxy_protocol</c>; a header of a trusted peer names the client.</summary>
internal sealed class ProxyProtocolMiddleware(ConnectionDelegate next, TimeProvider time)
{
    public Task OnConnectionAsync(ConnectionContext connection)
    {
        var scope = connection.Features.GetRequiredFeature<ConnectionScope>();
        return scope.Listen.ProxyProtocol ? ServeAsync(connection, scope) : next(connection);
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionScope scope)
    {
        if (await ReadHeaderAsync(connection, scope)) await next(connection);
    }

    /// <summary>Waits for a whole header, however it is cut. Whatever is wrong, the client is told nothing: it may not speak the protocol.</summary>
    private async ValueTask<bool> ReadHeaderAsync(ConnectionContext connection, ConnectionScope scope)
    {
        scope.LogContext.Action = SessionAction.ReadingProxyProtocol;
        using var client = new MailConnection(connection, time);
        client.Arm(scope.Server.Timeout);
        while (true)
        {
            var read = await client.ReadAsync();
            if (read.Kind == ReadKind.Woken) continue;
            if (read.Kind != ReadKind.Data)
            {
                End(client, scope, read.Kind);
                return false;
            }

            var buffer = read.Result.Buffer;
            var header = ProxyHeaderCodec.Read(buffer.IsSingleSegment ? buffer.FirstSpan : buffer.ToArray());
            if (header.Status == ParseStatus.Complete)
            {
                scope.Record?.Received(header.Consumed);
                client.Advance(buffer.GetPosition(header.Consumed), buffer.GetPosition(header.Consumed));
                Accept(header.Header, scope);
                return true;
            }

            client.Advance(buffer.Start, buffer.End);
            if (header.Status == ParseStatus.Incomplete && !read.Result.IsCompleted) continue;
            scope.EndReason = SessionEndReason.ProxyHeader;
            if (header.Status == ParseStatus.Invalid) LogInvalid(header, buffer, scope);
            return false;
        }
    }

    private static void Accept(ProxyHeader? header, ConnectionScope scope)
    {
        scope.LogContext.Action = null;
        if (header is null) return;
        scope.ProxyHeader = header;
        if (!scope.TrustedPeers.Contains(scope.Client)) return;
        scope.Client = header.Source;
        scope.LogContext.ClientEndPoint = header.Source;
    }

    private static void End(MailConnection client, ConnectionScope scope, ReadKind kind)
    {
        scope.EndReason = kind == ReadKind.Expired ? SessionEndReason.TimedOut : SessionEndReason.ProxyHeader;
        if (kind == ReadKind.Expired) ConnectionLog.TimedOut(scope.Log);
        else if (client.Error is { } error) ConnectionLog.ReceiveFailed(scope.Log, SocketFailure.Describe(error));
    }

    private static void LogInvalid(ProxyHeaderResult header, in ReadOnlySequence<byte> buffer, ConnectionScope scope)
    {
        switch (header.Error)
        {
            case ProxyHeaderError.UnknownVersion: ConnectionLog.UnknownVersion(scope.Log, header.Version); break;
            case ProxyHeaderError.TooLarge: ConnectionLog.HeaderTooLarge(scope.Log); break;
            default: ConnectionLog.BrokenHeader(scope.Log, PeerText.ToText(FirstLine(buffer))); break;
        }
    }

    /// <summary>What a client sends in place of a header may be a login, which no log may show.</summary>
    private static byte[] FirstLine(in ReadOnlySequence<byte> buffer)
    {
        const int LongestHeader = 107;
        var start = buffer.Slice(0, Math.Min(buffer.Length, LongestHeader)).ToArray();
        if (!start.AsSpan().StartsWith("PROXY"u8)) return [.. "..."u8];
        var end = start.AsSpan().IndexOfAny("\r\n"u8);
        return end < 0 ? start : start[..end];
    }
}
