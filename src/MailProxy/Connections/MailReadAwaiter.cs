using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace MailProxy.Connections;

/// <summary>A read of a client that is awaited at once: an async method would allocate for each that has to wait.</summary>
internal readonly struct MailReadAwaiter(MailConnection connection, ValueTask<ReadResult> read) : ICriticalNotifyCompletion
{
    private readonly ValueTaskAwaiter<ReadResult> _read = read.GetAwaiter();

    public bool IsCompleted => _read.IsCompleted;

    public MailReadAwaiter GetAwaiter() => this;

    public MailRead GetResult() => connection.EndRead(_read);

    public void OnCompleted(Action continuation) => _read.OnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => _read.UnsafeOnCompleted(continuation);
}
