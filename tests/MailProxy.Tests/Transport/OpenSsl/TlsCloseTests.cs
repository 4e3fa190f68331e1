using System.Net.Security;
using System.Net.Sockets;
using MailProxy.Tests.Transport.Linux;
using MailProxy.Tests.Transport.Tls;
using MailProxy.Transport;
using MailProxy.Transport.Guards;
using MailProxy.Transport.Tls;
using Microsoft.AspNetCore.Http.Features;

namespace MailProxy.Tests.Transport.OpenSsl;

/// <summary>A close that waits until the peer takes the last records.</summary>
public sealed class TlsCloseTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task It_ends_with_the_peer_and_not_only_with_its_limit()
    {
        var context = TlsEngine.OpenSsl.CreateServerContext(new TlsServerOptions { Certificates = [_authority.Issue(["localhost"])] });
        var closing = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            await connection.Features.GetRequiredFeature<ITlsFeature>().AuthenticateAsServerAsync(context, CancellationToken.None);
            _ = connection.Transport.Output.WriteAsync(new byte[32 << 20]).AsTask();
            var close = connection.DisposeAsync().AsTask();
            closing.SetResult(close);
            await close;
        });
        using var socket = await server.ConnectAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = TlsSockets.AcceptAny });
        var close = await closing.Task.WaitAsync(TlsServer.Deadline);
        Assert.False(close.IsCompleted);
        socket.Reset();
        await close.WaitAsync(ConnectionClose.Limit / 2);
    }
}
