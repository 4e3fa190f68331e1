namespace MailProxy.Transport.Guards;

/// <summary>The system's clock. What its timers call may throw, which would end the process: it is reported, and the timer goes on.</summary>
internal sealed class GuardedTime : TimeProvider
{
    public static GuardedTime Instance { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(static call => ((Call)call!).Run(), new Call(callback, state), dueTime, period);

    private sealed class Call(TimerCallback callback, object? state)
    {
        public void Run()
        {
            try
            {
                callback(state);
            }
            catch (Exception exception)
            {
                StrayErrors.Report("a timer", exception);
            }
        }
    }
}
