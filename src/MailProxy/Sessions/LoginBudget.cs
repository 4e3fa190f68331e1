namespace MailProxy.Sessions;

/// <summary>One time limit for the whole login at an upstream, from connecting on, which a forced stop cuts short.</summary>
internal sealed class LoginBudget : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;

    public LoginBudget(TimeSpan limit, TimeProvider time, CancellationToken stop)
    {
        _timer = new CancellationTokenSource(limit, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, stop);
    }

    public CancellationToken Token => _linked.Token;

    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
