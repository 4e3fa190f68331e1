using MailProxy.Observing;
using MailProxy.Server;
using MailProxy.Tests.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MailProxy.Tests.Server;

/// <summary>Signals that cannot be done as they should be.</summary>
public sealed class SignalActionsTests
{
    private readonly BrokenControl _control = new();

    private SignalActions Actions => field ??= new SignalActions(_control, new FakeTimeProvider());

    [Theory]
    [InlineData(ProcessSignal.Quit)]
    [InlineData(ProcessSignal.Stop)]
    [InlineData(ProcessSignal.Interrupt)]
    public async Task Whoever_ends_the_process_gets_its_end(object signal)
    {
        await Actions.HandleAsync((ProcessSignal)signal);
        Assert.Equal(1, _control.Ended);
        Assert.Contains(_control.Lines.Lines, line => line.StartsWith("Critical: what the signal asked for has failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_USR1_cannot_do_ends_nothing()
    {
        await Actions.HandleAsync(ProcessSignal.Reopen);
        Assert.Equal(0, _control.Ended);
        Assert.Contains(_control.Lines.Lines, line => line.StartsWith("Critical: what the signal asked for has failed", StringComparison.Ordinal));
    }

    private sealed class BrokenControl : IServerControl
    {
        public LogLines Lines { get; } = new(new SessionLogContext());

        public int Ended { get; private set; }

        public ILogger Log => Lines;

        public Task SessionsEnded => throw new InvalidOperationException("sessions");

        public TimeSpan ShutdownDelay => TimeSpan.Zero;

        public Task ReloadAsync() => throw new InvalidOperationException("reload");

        public void ReopenLogs() => throw new InvalidOperationException("logs");

        public void AnnounceDrain()
        {
        }

        public void BeginDrain() => throw new InvalidOperationException("drain");

        public void StopNow() => throw new InvalidOperationException("stop");

        public void End() => Ended++;
    }
}
