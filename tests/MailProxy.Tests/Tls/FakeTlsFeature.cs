using System.Buffers;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Tls;

/// <summary>TLS that a transcript can play: the client's handshake is the line <c>\x16hello</c>, the server's <c>\x16done</c>, and what follows goes as it is.</summary>
internal sealed class FakeTlsFeature(ConnectionContext connection, TlsSession session) : ITlsFeature
{
    public const string Hello = "C: \\x16hello\n";
    public const string Handshake = Hello + "S: \\x16done\n";

    public TlsSession? Session { get; private set; }

    public async ValueTask<TlsSession> AuthenticateAsServerAsync(TlsServerContext context, CancellationToken cancellationToken)
    {
        var hello = await ReadLineAsync(cancellationToken);
        if (!hello.AsSpan().SequenceEqual("\u0016hello\r\n"u8)) throw new TlsException(TlsFailure.Handshake, "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number)");
        connection.Transport.Output.Write("\u0016done\r\n"u8);
        await connection.Transport.Output.FlushAsync(CancellationToken.None);
        return Session = session;
    }

    public ValueTask<TlsSession> AuthenticateAsClientAsync(TlsClientContext context, TlsTarget target, CancellationToken cancellationToken) => throw new NotSupportedException();

    private async Task<byte[]> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await connection.Transport.Input.ReadAsync(cancellationToken);
            var end = result.Buffer.PositionOf((byte)'\n');
            if (end is null && result.IsCompleted) throw new TlsException(TlsFailure.Closed, "peer closed connection in SSL handshake");
            if (result.IsCanceled) throw new OperationCanceledException("Something else than the time limit ended the handshake's read.");
            if (end is { } position)
            {
                var line = result.Buffer.Slice(0, result.Buffer.GetPosition(1, position)).ToArray();
                connection.Transport.Input.AdvanceTo(result.Buffer.GetPosition(1, position));
                return line;
            }

            connection.Transport.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
