using System.Net.Sockets;
using System.Runtime.CompilerServices;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>The kernel's smallest buffers, where every segment is split and every send is cut short.</summary>
public sealed class TinyBufferTests
{
    private const int Megabyte = 1024 * 1024;

    // With less, Linux stalls between two sockets without a proxy already, and so it does where it is set on a socket
    // that is connected: the larger window is announced by then. It doubles what it is told.
    private const int LeastReceive = 2304;

    // The kernel raises it to its own least.
    private const int LeastSend = 1;

    // One full read fits, and what splice moves at once does not.
    private const int SomeSend = 100_000;

    [Fact]
    public async Task Nothing_stalls_where_all_buffers_are_the_smallest()
    {
        await using var sockets = await RelayedSockets.ConnectAsync(buffer: LeastReceive, onLoop: true);
        SetSendBuffer(sockets.ToUpstream, LeastSend);
        await sockets.CarryBothWaysAsync(3 * Megabyte);
    }

    [Fact]
    public async Task Nothing_stalls_where_much_comes_at_once_and_little_can_leave()
    {
        await using var sockets = await RelayedSockets.ConnectAsync(onLoop: true);
        SetSendBuffer(sockets.FromClient, LeastSend);
        SetSendBuffer(sockets.ToUpstream, LeastSend);
        await sockets.CarryBothWaysAsync(10 * Megabyte);
    }

    [Fact]
    public async Task Nothing_stalls_where_a_pipe_is_emptied_in_pieces()
    {
        await using var sockets = await RelayedSockets.ConnectAsync(onLoop: true);
        SetSendBuffer(sockets.FromClient, SomeSend);
        SetSendBuffer(sockets.ToUpstream, SomeSend);
        await sockets.CarryBothWaysAsync(20 * Megabyte);
        // The bytes did go through a pipe, which was given back.
        Assert.NotEmpty(FreePipes(sockets.Loop!.Pipes));
    }

    private static void SetSendBuffer(Microsoft.AspNetCore.Connections.ConnectionContext connection, int bytes)
    {
        using var handle = new SafeSocketHandle(Descriptor((EpollConnection)connection), ownsHandle: false);
        using var socket = new Socket(handle);
        socket.SendBufferSize = bytes;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_descriptor")]
    private static extern ref int Descriptor(EpollConnection connection);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_free")]
    private static extern ref Stack<SplicePipe> FreePipes(PipePool pool);
}
