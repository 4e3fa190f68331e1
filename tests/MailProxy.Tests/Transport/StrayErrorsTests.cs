using System.Runtime.ExceptionServices;
using MailProxy.Server;
using MailProxy.Transport;
using MailProxy.Transport.Guards;

namespace MailProxy.Tests.Transport;

/// <summary>Errors that have no caller are reported, and the process goes on.</summary>
public sealed class StrayErrorsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // One process has one handler: errors of other tests are none of its business.
    static StrayErrorsTests() => ExceptionHandling.SetUnhandledExceptionHandler(exception => exception is Stray && LastResort.Handle(exception));

    private readonly TaskCompletionSource<string> _reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stray _error = new();

    public StrayErrorsTests() => StrayErrors.Reported += Take;

    public void Dispose() => StrayErrors.Reported -= Take;

    [Fact]
    public async Task What_a_timer_calls_may_throw_and_the_timer_goes_on()
    {
        var calls = new SemaphoreSlim(0);
        await using var timer = MailTransport.Time.CreateTimer(
            _ =>
            {
                calls.Release();
                throw _error;
            },
            null, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        for (var i = 0; i < 3; i++) Assert.True(await calls.WaitAsync(Deadline));
        Assert.Equal("a timer", await _reported.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_token_that_a_clock_fires_reports_what_its_callbacks_throw()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(1), MailTransport.Time);
        await using var registration = limit.Token.Register(() => throw _error);
        Assert.Equal("a timer", await _reported.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_task_that_is_let_go_reports_how_it_fails()
    {
        Task.FromException(_error).Forget("a test");
        Assert.Equal("a test", await _reported.Task.WaitAsync(Deadline));
        Task.FromCanceled(new CancellationToken(canceled: true)).Forget("a test that was cancelled");
    }

    [Fact]
    public async Task Work_of_the_pool_that_throws_does_not_end_the_process()
    {
        ThreadPool.UnsafeQueueUserWorkItem(_ => throw _error, null);
        Assert.Equal("work that nobody waits for", await _reported.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_finalizer_that_throws_does_not_end_the_process()
    {
        for (var i = 0; !_reported.Task.IsCompleted && i < 100; i++)
        {
            Drop(_error);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal("work that nobody waits for", await _reported.Task.WaitAsync(Deadline));
    }

    [Fact]
    public void A_log_that_throws_ends_nothing()
    {
        StrayErrors.Reported += Throw;
        try
        {
            StrayErrors.Report("a test", new Stray());
        }
        finally
        {
            StrayErrors.Reported -= Throw;
        }

        static void Throw(string where, Exception exception)
        {
            if (exception is Stray) throw exception;
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Drop(Exception error) => _ = new Finalized(error);

    private void Take(string where, Exception exception)
    {
        var causes = exception is AggregateException all ? all.InnerExceptions : (IReadOnlyCollection<Exception>)[exception];
        if (causes.Contains(_error)) _reported.TrySetResult(where);
    }

    private sealed class Stray : Exception;

    private sealed class Finalized(Exception error)
    {
#pragma warning disable CA1065, CA1821 // That is what is tested.
        ~Finalized() => throw error;
#pragma warning restore CA1065, CA1821
    }
}
