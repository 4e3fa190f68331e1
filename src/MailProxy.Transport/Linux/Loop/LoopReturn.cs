using System.Threading.Tasks.Sources;

namespace MailProxy.Transport.Linux.Loop;

/// <summary>Over once it is awaited, on the loop: a task could be over before, and whoever awaits it would stay where it is.</summary>
internal sealed class LoopReturn(EventLoop loop) : IValueTaskSource
{
    public ValueTaskSourceStatus GetStatus(short token) => loop.IsCurrent ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => loop.Post(continuation.Invoke, state);

    public void GetResult(short token)
    {
    }
}
