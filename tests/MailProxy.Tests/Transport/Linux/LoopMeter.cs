using MailProxy.Transport.Linux.Loop;

namespace MailProxy.Tests.Transport.Linux;

/// <summary>What a loop's thread allocates between two moments.</summary>
internal sealed class LoopMeter(EventLoop loop) : IDisposable
{
    private readonly ManualResetEventSlim _passed = new();
    private long _before;
    private long _after;

    public void Begin() => Pass(() =>
    {
        _passed.Set();
        _before = GC.GetAllocatedBytesForCurrentThread();      // last, so that nothing of this counts
    });

    /// <returns>Bytes since <see cref="Begin"/>.</returns>
    public long End()
    {
        Pass(() =>
        {
            _after = GC.GetAllocatedBytesForCurrentThread();
            _passed.Set();
        });
        return _after - _before;
    }

    public void Dispose() => _passed.Dispose();

    private void Pass(Action action)
    {
        _passed.Reset();
        loop.Post(static action => ((Action)action!)(), action);
        Assert.True(_passed.Wait(RelayedSockets.Deadline));
    }
}
