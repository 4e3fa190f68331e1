using System.Net;
using MailProxy.Sessions;
using MailProxy.Testing;
using MailProxy.Transport.Features;
using MailProxy.Transport.Managed;
using MailProxy.Upstreams;
using Microsoft.AspNetCore.Connections;

namespace MailProxy.Tests.Sessions;

public sealed class SessionRelayTests
{
    [Fact]
    public async Task A_close_that_fails_gives_every_place_back()
    {
        var transcript = new SessionTranscript { Protocol = "imap", WorkerConnections = 1 };
        var scope = transcript.Scope();
        Assert.True(scope.WorkerConnections.TryTake());
        var peer = new UpstreamPeer(new UpstreamServerOptions { Address = new("127.0.0.1", 143), MaxConns = 1 }, new IPEndPoint(IPAddress.Loopback, 143));
        peer.Take();
        var client = new MemoryConnection();
        client.Proxy.Features.Set<IRelayFeature>(new ManagedRelay(client.Proxy, TimeProvider.System));
        var upstream = new MemoryConnection();
        await upstream.Peer.Output.CompleteAsync();
        var relay = new SessionRelay(client.Proxy, new SessionContext(scope, null!, null!));
        await Assert.ThrowsAsync<IOException>(() => relay.RunAsync(new FailsToClose(upstream.Proxy), peer).AsTask());
        Assert.True(scope.WorkerConnections.TryTake());
        Assert.Equal(0, peer.Sessions);
    }

    private sealed class FailsToClose(DefaultConnectionContext inner) : DefaultConnectionContext("fails", inner.Transport, inner.Application!)
    {
        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            throw new IOException("It does not close.");
        }
    }
}
