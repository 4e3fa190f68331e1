using System.Runtime.InteropServices;
using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>
/// What a loop's thread has of a processor in its turns, whatever else the machine does. It looks once in each turn by
/// work that it posts again and again, so that the loop never sleeps meanwhile.
/// </summary>
internal sealed partial class TurnMeter(EventLoop loop) : IDisposable
{
    private const int ThreadProcessorTime = 3;     // CLOCK_THREAD_CPUTIME_ID

    private readonly ManualResetEventSlim _holds = new();
    private readonly ManualResetEventSlim _mayBegin = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _before;
    private int _collections;
    private volatile bool _ends;

    /// <summary>The longest turn.</summary>
    public TimeSpan Longest { get; private set; }

    public int Turns { get; private set; }

    /// <summary>Holds the loop before the first turn that counts.</summary>
    /// <returns>What lets it go on.</returns>
    public IDisposable Begin()
    {
        loop.Post(static self => ((TurnMeter)self!).WaitAndBegin(), this);
        Assert.True(_holds.Wait(RelayedSockets.Deadline));
        return new Hold(_mayBegin);
    }

    /// <summary>Completes after the last turn that counts.</summary>
    public Task EndAsync()
    {
        _ends = true;
        return _ended.Task;
    }

    public void Dispose()
    {
        _holds.Dispose();
        _mayBegin.Dispose();
    }

    private void WaitAndBegin()
    {
        _holds.Set();
        _mayBegin.Wait(RelayedSockets.Deadline);
        Remember();
        LookInNextTurn();
    }

    private void Look()
    {
        var took = ProcessorTime() - _before;
        // A collection of the whole process is done by whoever happens to allocate.
        if (GC.CollectionCount(0) == _collections)
        {
            Longest = took > Longest ? took : Longest;
            Turns++;
        }

        if (_ends)
        {
            _ended.SetResult();
            return;
        }

        Remember();
        LookInNextTurn();
    }

    private void Remember()
    {
        _collections = GC.CollectionCount(0);
        _before = ProcessorTime();
    }

    private void LookInNextTurn() => loop.Post(static self => ((TurnMeter)self!).Look(), this);

    private static TimeSpan ProcessorTime()
    {
        Assert.Equal(0, clock_gettime(ThreadProcessorTime, out var time));
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int clock_gettime(int clock, out TimeSpec time);

    private sealed class Hold(ManualResetEventSlim mayBegin) : IDisposable
    {
        public void Dispose() => mayBegin.Set();
    }

    private readonly struct TimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
