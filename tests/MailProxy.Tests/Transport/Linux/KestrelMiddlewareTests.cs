using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>Kestrel's own middleware, which reads and writes on threads of the pool, over connections that live on a loop.</summary>
public sealed class KestrelMiddlewareTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Tls_and_the_connections_log_work_unchanged()
    {
        using var certificate = SelfSigned.For("localhost");
        var protocol = new TaskCompletionSource<string>();
        await using var server = await EpollServer.StartAsync(
            async connection =>
            {
                protocol.TrySetResult(connection.Features.GetRequiredFeature<ITlsHandshakeFeature>().Protocol.ToString());
                await EchoAsync(connection);
            },
            listen => listen.UseConnectionLogging().UseHttps(certificate));

        var sessions = Enumerable.Range(0, 8).Select(seed => TalkAsync(server, certificate, seed));
        await Task.WhenAll(sessions).WaitAsync(Deadline);
        Assert.StartsWith("Tls1", await protocol.Task, StringComparison.Ordinal);
    }

    private static async Task TalkAsync(EpollServer server, X509Certificate2 expected, int seed)
    {
        using var socket = await server.ConnectAsync();
        await using var tls = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false, (_, shown, _, _) => shown?.GetCertHashString() == expected.GetCertHashString());
        await tls.AuthenticateAsClientAsync("localhost");
        var sent = new byte[300_000 + seed];
        new Random(seed).NextBytes(sent);
        var sending = Task.Run(async () =>
        {
            await tls.WriteAsync(sent);
            await tls.ShutdownAsync();
        });
        var received = new byte[sent.Length];
        await tls.ReadExactlyAsync(received);
        await sending;
        Assert.Equal(SHA256.HashData(sent), SHA256.HashData(received));
        Assert.Equal(0, await tls.ReadAsync(received));
    }

    private static async Task EchoAsync(ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            foreach (var segment in read.Buffer) await connection.Transport.Output.WriteAsync(segment);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }
}
