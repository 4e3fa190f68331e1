using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>The kernel tells of several descriptors at once, and one may be closed and its number taken before its turn comes.</summary>
[Collection(Stress.Name)]
public sealed class StaleEventTests
{
    [Fact]
    public async Task An_event_of_the_descriptor_before_does_not_end_a_connect()
    {
        // A listener whose queue is full answers no further SYN.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await waiting.ConnectAsync(full.LocalEndPoint!).WaitAsync(RelayedSockets.Deadline);

        using var transport = new EpollTransport(1, TimeProvider.System, new LoopWatchdog(TimeSpan.MaxValue, _ => { }));
        // The first time, .NET loads what it needs to connect, and that takes the number.
        for (var i = 0; i < 3; i++) await RunAsync(transport, full.LocalEndPoint!);
    }

    private static async Task RunAsync(EpollTransport transport, EndPoint server)
    {
        using var cancel = new CancellationTokenSource();
        var race = new Race(transport, server, cancel.Token);
        transport.Loops[0].Post(_ => race.Begin(), null);
        var connecting = await race.Connecting.WaitAsync(RelayedSockets.Deadline);
        var turned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        transport.Loops[0].Post(_ => turned.SetResult(), null);
        await turned.Task.WaitAsync(RelayedSockets.Deadline);
        Assert.False(connecting.IsCompleted, "connected, though the other side never answered");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(RelayedSockets.Deadline));
    }

    /// <summary>Two descriptors with an event each: who is told first closes the other one, and connects with its number.</summary>
    private sealed class Race(EpollTransport transport, EndPoint server, CancellationToken cancellationToken) : IDescriptorHandler
    {
        private readonly TaskCompletionSource<Task> _connecting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly int[] _descriptors = new int[2];

        public Task<Task> Connecting => _connecting.Task;

        public void Begin()
        {
            for (var i = 0; i < 2; i++)
            {
                _descriptors[i] = LibC.EventDescriptor(1, Constants.EventNonBlock);
                transport.Loops[0].Add(_descriptors[i], this, EpollEvents.In | EpollEvents.Out | EpollEvents.EdgeTriggered);
            }
        }

        public void OnFault(Exception exception)
        {
        }

        public void OnEvents(EpollEvents events)
        {
            if (_connecting.Task.IsCompleted) return;
            transport.Loops[0].Close(_descriptors[1]);
            // The first event is of the first one, so that the second one's comes for whoever has its number then.
            _connecting.SetResult(transport.ConnectAsync(server, cancellationToken).AsTask());
            transport.Loops[0].Close(_descriptors[0]);
        }
    }
}
