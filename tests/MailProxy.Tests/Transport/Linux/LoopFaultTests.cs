using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MailProxy.Transport.Linux;
using MailProxy.Transport.Linux.Connection;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Linux.Loop;
using MailProxy.Transport.Sockets;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>What is thrown on a loop is told, ends what it belongs to, and nothing else.</summary>
public sealed class LoopFaultTests : IDisposable
{
    private static readonly TimeSpan Deadline = RelayedSockets.Deadline;

    private readonly ConcurrentQueue<Exception> _told = new();
    private readonly EpollTransport _transport;

    public LoopFaultTests() => _transport = new EpollTransport(1, TimeProvider.System, new LoopWatchdog(TimeSpan.FromMilliseconds(1), _ => throw new BrokenException("away"), exception =>
    {
        _told.Enqueue(exception);
        throw new BrokenException("the log");
    }));

    private EventLoop Loop => _transport.Loops[0];

    public void Dispose() => _transport.Dispose();

    [Fact]
    public async Task A_handler_of_events_that_throws_is_told_so()
    {
        var handler = new BrokenHandler(Loop);
        await TurnAsync(() => Loop.Add(handler.Descriptor, handler, EpollEvents.In | EpollEvents.EdgeTriggered));
        Assert.Equal("event", (await handler.Fault.WaitAsync(Deadline)).Message);
        await AssertTheLoopGoesOnAsync("event");
    }

    [Fact]
    public async Task A_handler_that_was_put_off_and_throws_is_told_so()
    {
        var handler = new BrokenHandler(Loop);
        await TurnAsync(() => Loop.ResumeLater(handler));
        Assert.Equal("resumed", (await handler.Fault.WaitAsync(Deadline)).Message);
        await AssertTheLoopGoesOnAsync("resumed");
    }

    [Fact]
    public async Task Posted_work_that_throws_ends_nothing_else()
    {
        Loop.Post(_ => throw new BrokenException("posted"), null);
        await AssertTheLoopGoesOnAsync("posted");
    }

    [Fact]
    public async Task A_timer_that_throws_does_not_keep_the_others()
    {
        var (broken, sound) = (new BrokenTimer(), new Timer());
        await TurnAsync(() =>
        {
            Loop.Timers.Set(sound, TimeSpan.Zero);
            Loop.Timers.Set(broken, TimeSpan.Zero);
        });
        await sound.Fired.WaitAsync(Deadline);
        Assert.Equal("timer", (await broken.Fault.WaitAsync(Deadline)).Message);
        await AssertTheLoopGoesOnAsync("timer");
    }

    [Fact]
    public async Task Whoever_is_told_of_a_loop_that_was_away_may_throw()
    {
        await TurnAsync(() => Thread.SpinWait(10_000_000));
        await AssertTheLoopGoesOnAsync("away");
    }

    [Fact]
    public async Task A_connection_whose_handler_throws_is_reset()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var connection = (EpollConnection)await _transport.ConnectAsync(listener.LocalEndPoint!).AsTask().WaitAsync(Deadline);
        using var peer = await listener.AcceptAsync().WaitAsync(Deadline);
        Loop.Post(static _ => throw new BrokenException("posted for it"), connection);
        var exception = await Assert.ThrowsAsync<SocketException>(() => peer.ReceiveAsync(new byte[1]).WaitAsync(Deadline));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        // The reset is out before the loop is done with it.
        await TurnAsync(() => Assert.True(connection.IsClosed));
        await AssertTheLoopGoesOnAsync("posted for it");
    }

    [Fact]
    public async Task What_the_loop_cannot_take_stays_its_owners()
    {
        var path = Path.GetTempFileName();
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, options: FileOptions.DeleteOnClose);     // epoll_ctl: EPERM
        var connection = new EpollConnection(Loop);
        await TurnAsync(() => Assert.IsType<SocketException>(Assert.Throws<IOException>(() => connection.Attach((int)file.DangerousGetHandle())).InnerException));
        Assert.True(connection.IsClosed);
        await connection.DisposeAsync();
        Assert.Equal(0, RandomAccess.GetLength(file));
    }

    [Fact]
    public void A_pipe_takes_no_descriptor_that_a_login_may_need()
    {
        var scarce = new PipePool(new DescriptorReserve(() => 8));
        Assert.False(scarce.TryRent(out var pipe));
        Assert.Equal(-1, LibC.Control(pipe.ReadEnd, Constants.SetStatusFlags, Constants.NonBlocking));
        var ample = new PipePool(new DescriptorReserve(() => 1_000_000));
        Assert.True(ample.TryRent(out pipe));
        PipePool.Close(pipe);
    }

    private async Task AssertTheLoopGoesOnAsync(string told)
    {
        await TurnAsync(() => { });
        await TurnAsync(() => { });
        Assert.Contains(_told, exception => exception is BrokenException && exception.Message == told);
    }

    private Task TurnAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(
            _ =>
            {
                try
                {
                    action();
                    done.SetResult();
                }
                catch (Exception exception)
                {
                    done.SetException(exception);
                }
            },
            null);
        return done.Task.WaitAsync(Deadline);
    }

    private sealed class BrokenException(string message) : Exception(message);

    private sealed class BrokenHandler(EventLoop loop) : IDescriptorHandler, IResumable
    {
        private readonly TaskCompletionSource<Exception> _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Descriptor { get; } = LibC.EventDescriptor(1, Constants.EventNonBlock);

        public Task<Exception> Fault => _fault.Task;

        public void OnEvents(EpollEvents events) => throw new BrokenException("event");

        public void Resume() => throw new BrokenException("resumed");

        public void OnFault(Exception exception)
        {
            if (exception.Message == "event") loop.Close(Descriptor);
            else LibC.Close(Descriptor);
            _fault.SetResult(exception);
            throw new BrokenException("fault");
        }
    }

    private sealed class BrokenTimer : LoopTimer
    {
        private readonly TaskCompletionSource<Exception> _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Exception> Fault => _fault.Task;

        public override void Fire() => throw new BrokenException("timer");

        public override void OnFault(Exception exception) => _fault.SetResult(exception);
    }

    private sealed class Timer : LoopTimer
    {
        private readonly TaskCompletionSource _fired = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Fired => _fired.Task;

        public override void Fire() => _fired.SetResult();
    }
}
