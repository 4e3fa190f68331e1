using MailProxy.Transport.Guards;

namespace MailProxy.Connections;

/// <summary>How a shutdown or a reload reaches the sessions of one configuration.</summary>
internal sealed class Drain : IDisposable
{
    private readonly CancellationTokenSource _comeBack = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Sessions that wait for a command before login are to say goodbye (a graceful shutdown has begun).</summary>
    public CancellationToken ComeBack => _comeBack.Token;

    /// <summary>Every session is to end: <c>worker_shutdown_timeout</c> has passed. Before login it still says goodbye.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>Fires <see cref="ComeBack"/>.</summary>
    public void RequestComeBack() => Fire(_comeBack);

    /// <summary>Fires both.</summary>
    public void RequestStop()
    {
        Fire(_comeBack);
        Fire(_stop);
    }

    public void Dispose()
    {
        _comeBack.Dispose();
        _stop.Dispose();
    }

    /// <summary>What one session does with its end must not keep others from theirs.</summary>
    private static void Fire(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // An earlier wave has ended the last session, and with it the configuration: there is nobody left to tell.
        }
        catch (AggregateException exception)
        {
            StrayErrors.Report("telling sessions of the end", exception);
        }
    }
}
