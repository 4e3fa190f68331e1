using MailProxy.Connections;

namespace MailProxy.Tests.Connections;

public sealed class DrainTests
{
    [Fact]
    public void A_wave_may_come_when_the_last_session_has_ended_already()
    {
        var drain = new Drain();
        var (comeBack, stop) = (drain.ComeBack, drain.Stop);
        drain.Dispose();
        drain.RequestStop();
        Assert.Equal((false, false), (comeBack.IsCancellationRequested, stop.IsCancellationRequested));
    }
}
