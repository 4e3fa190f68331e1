using System.Net.Sockets;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux.Connection;

namespace MailProxy.Tests.Transport.Linux;

public sealed class DescriptorRelayTests : RelayTests
{
    [Fact]
    public async Task A_reset_behind_bytes_that_the_client_has_no_room_for_is_the_upstreams_error()
    {
        await using var sockets = await ConnectAsync(AddressFamily.InterNetwork, TimeProvider.System, buffer: 32 * 1024);
        await sockets.Upstream.SayAsync("552 too much\r\n");
        sockets.Upstream.Reset();
        while (!((EpollConnection)sockets.ToUpstream).PeerEnded) await sockets.TurnAsync();
        var filled = await FillAsync(sockets);

        var relay = sockets.RelayAsync();
        await sockets.TurnAsync();                          // the relay has read it all by now, and delivered nothing
        await sockets.Client.ExpectAsync(new string('x', filled));
        await sockets.Client.ExpectAsync("552 too much\r\n");
        var result = await relay;
        Assert.Equal((RelayEnd.UpstreamError, 14L), (result.End, result.BytesFromUpstream));
    }

    private protected override Task<RelayedSockets> ConnectAsync(AddressFamily family, TimeProvider? time, int? buffer) =>
        RelayedSockets.ConnectAsync(family, time, buffer, onLoop: true);

    /// <summary>Sends to the client until the kernel takes no more.</summary>
    private static Task<int> FillAsync(RelayedSockets sockets) => sockets.OnLoopAsync(() =>
    {
        var piece = new byte[4096];
        piece.AsSpan().Fill((byte)'x');
        var filled = 0;
        for (int sent; (sent = ((EpollConnection)sockets.FromClient).Send(piece)) > 0;) filled += sent;
        return Task.FromResult(filled);
    });
}
