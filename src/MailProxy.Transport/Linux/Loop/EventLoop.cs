using System.Collections.Concurrent;
using System.Diagnostics;
using MailProxy.Transport.Features;
using MailProxy.Transport.Linux.Interop;
using MailProxy.Transport.Sockets;

namespace MailProxy.Transport.Linux.Loop;

/// <summary>Whoever is called by a loop.</summary>
internal interface ILoopHandler
{
    /// <summary>It has thrown, which is told already: it ends what it belongs to, so that the loop need not. On the loop.</summary>
    void OnFault(Exception exception);
}

/// <summary>Whoever wants to know what happens to a descriptor.</summary>
internal interface IDescriptorHandler : ILoopHandler
{
    /// <summary>Called on the loop. The events are hints: they may be of a descriptor that had the same number before.</summary>
    void OnEvents(EpollEvents events);
}

/// <summary>
/// One thread, one epoll. Everything of a session runs here, inline in the event that caused it, so that a session needs
/// no lock and no thread is woken for it. It has no synchronization context, with which every await would cost twice as much:
/// what has awaited something elsewhere comes back by <see cref="ILoopFeature"/>. What a handler throws ends that handler,
/// and neither the loop nor the process. Nobody has it for long: whoever has more to do stands at the end of a queue.
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int EventsPerWait = 256;
    private const int RelayBufferSize = 64 * 1024;

    // So long posted work, and so long those who were put off, before new events are looked for.
    private static readonly long Slice = Stopwatch.Frequency / 250;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly ManualResetEvent _over = new(initialState: false);
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Thread _thread;
    private readonly LoopWatchdog _watchdog;
    private readonly ConcurrentQueue<Posted> _posted = new();
    private readonly Queue<IResumable> _resumed = new();
    private IDescriptorHandler?[] _handlers = new IDescriptorHandler?[1024];
    private int _sleeping;
    private long _woken;
    private volatile bool _stopping;

    public EventLoop(string name, TimeProvider time, LoopWatchdog watchdog, DescriptorReserve descriptors)
    {
        _watchdog = watchdog;
        Timers = new TimerWheel(time, Fail);
        Pipes = new PipePool(descriptors);
        _epoll = Check(LibC.EpollCreate(Constants.EpollCloseOnExec), "epoll_create1");
        _wake = Check(LibC.EventDescriptor(0, Constants.EventNonBlock | Constants.EventCloseOnExec), "eventfd");
        Control(Constants.EpollAdd, _wake, EpollEvents.In);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>The loop that runs on this thread; null elsewhere, and once it ends.</summary>
    public static EventLoop? Current => _current is { _stopping: false } loop ? loop : null;

    public TimerWheel Timers { get; }

    /// <summary>Scratch memory for moving bytes: valid until the handler returns.</summary>
    public byte[] Scratch { get; } = GC.AllocateUninitializedArray<byte>(RelayBufferSize, pinned: true);

    public BlockPool Blocks { get; } = new();

    public PipePool Pipes { get; }

    public bool IsCurrent => _current == this;

    /// <summary>Counts the turns, from 1: each looks once for new events.</summary>
    public long Turn { get; private set; }

    /// <summary>Whether others wait for their turn, so that whoever has costly work does it in the queue. On the loop only.</summary>
    public bool IsBusy => _resumed.Count > 0 || IsLate;

    /// <summary>Whether this turn takes long already.</summary>
    public bool IsLate => IsOver(_woken);

    public void Start() => _thread.Start();

    /// <summary>Registers a descriptor. On the loop only.</summary>
    /// <exception cref="IOException">The system does not take it; the inner exception has its error.</exception>
    public void Add(int descriptor, IDescriptorHandler handler, EpollEvents events)
    {
        if (descriptor >= _handlers.Length) Array.Resize(ref _handlers, Math.Max(descriptor + 1, _handlers.Length * 2));
        Control(Constants.EpollAdd, descriptor, events);
        _handlers[descriptor] = handler;
    }

    /// <summary>Forgets a descriptor that stays open. On the loop only.</summary>
    public void Remove(int descriptor)
    {
        _handlers[descriptor] = null;
        Control(Constants.EpollDelete, descriptor, EpollEvents.None);
    }

    /// <summary>Closes a registered descriptor; epoll forgets it by itself. On the loop only.</summary>
    public void Close(int descriptor)
    {
        _handlers[descriptor] = null;
        LibC.Close(descriptor);
    }

    /// <summary>Runs something on the loop, soon. From any thread.</summary>
    public void Post(SendOrPostCallback callback, object? state)
    {
        _posted.Enqueue(new Posted(callback, state));
        // The queue publishes by a plain store: without a fence _sleeping may be read before it, and the loop sleep over both.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0) Wake();
    }

    /// <summary>Lets a busy handler go on after the others had their turn. On the loop only.</summary>
    public void ResumeLater(IResumable handler) => _resumed.Enqueue(handler);

    /// <summary>Set once the loop runs no more: what is posted then is never run.</summary>
    public WaitHandle Over => _over;

    /// <summary>Ends the loop; what is still registered stays as it is.</summary>
    public void Dispose()
    {
        if (_stopping) return;
        _stopping = true;
        Wake();
        if (!IsCurrent) _thread.Join();
    }

    private void Run()
    {
        _current = this;
        var events = stackalloc byte[EventsPerWait * EpollEventLayout.Size];
        while (!_stopping)
        {
            var count = Wait(events);
            _woken = Stopwatch.GetTimestamp();
            Turn++;
            Timers.Wake();
            for (var i = 0; i < count; i++) Dispatch(EpollEventLayout.DescriptorAt(events, i), EpollEventLayout.EventsAt(events, i));
            RunPosted();
            RunResumed();
            Timers.Advance();
            _watchdog.Report(Stopwatch.GetElapsedTime(_woken));
        }

        // Here and not where it is disposed of, which may be in one of its own handlers.
        Pipes.Clear();
        LibC.Close(_epoll);
        LibC.Close(_wake);
        _over.Set();
    }

    private int Wait(byte* events)
    {
        Volatile.Write(ref _sleeping, 1);
        Interlocked.MemoryBarrier();
        var busy = !_posted.IsEmpty || _resumed.Count > 0;
        var count = LibC.EpollWait(_epoll, events, EventsPerWait, busy ? 0 : Timers.MillisecondsToNext());
        Volatile.Write(ref _sleeping, 0);
        if (count >= 0 || Errno.Last == Errno.Interrupted) return Math.Max(0, count);
        throw Errno.ToException(Errno.Last);
    }

    private void Dispatch(int descriptor, EpollEvents events)
    {
        if (descriptor == _wake)
        {
            long counter;
            LibC.Read(_wake, &counter, sizeof(long));
            return;
        }

        var handler = _handlers[descriptor];
        try
        {
            handler?.OnEvents(events);
        }
        catch (Exception exception)
        {
            Fail(handler, exception);
        }

        BlockPool.Poison(Scratch);
    }

    private void RunPosted()
    {
        if (_posted.IsEmpty) return;
        var began = Stopwatch.GetTimestamp();
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var posted); left--)
        {
            try
            {
                posted.Callback(posted.State);
            }
            catch (Exception exception)
            {
                Fail(posted.State as ILoopHandler, exception);
            }

            BlockPool.Poison(Scratch);
            if (IsOver(began)) return;
        }
    }

    private void RunResumed()
    {
        if (_resumed.Count == 0) return;
        var began = Stopwatch.GetTimestamp();
        for (var left = _resumed.Count; left > 0; left--)
        {
            var handler = _resumed.Dequeue();
            try
            {
                handler.Resume();
            }
            catch (Exception exception)
            {
                Fail(handler, exception);
            }

            BlockPool.Poison(Scratch);
            if (IsOver(began)) return;
        }
    }

    private void Fail(ILoopHandler? handler, Exception exception)
    {
        _watchdog.Fail(exception);
        try
        {
            handler?.OnFault(exception);
        }
        catch (Exception second)
        {
            _watchdog.Fail(second);
        }
    }

    private static bool IsOver(long began) => Stopwatch.GetTimestamp() - began > Slice;

    private void Wake()
    {
        long one = 1;
        LibC.Write(_wake, &one, sizeof(long));
    }

    private void Control(int operation, int descriptor, EpollEvents events)
    {
        var buffer = stackalloc byte[EpollEventLayout.Size];
        EpollEventLayout.Write(buffer, events, descriptor);
        Check(LibC.EpollControl(_epoll, operation, descriptor, buffer), "epoll_ctl");
    }

    private static int Check(int result, string call) => result >= 0 ? result : throw new IOException($"{call}() failed", Errno.ToException(Errno.Last));

    private readonly record struct Posted(SendOrPostCallback Callback, object? State);
}

/// <summary>A handler that stopped in the middle so that others get their turn.</summary>
internal interface IResumable : ILoopHandler
{
    /// <summary>Goes on. On the loop.</summary>
    void Resume();
}
