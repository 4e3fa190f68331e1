using MailProxy.Connections;

namespace MailProxy.Tests.Connections;

public sealed class WorkerConnectionsTests
{
    [Theory]
    [InlineData(4, 1_000_000_000, int.MaxValue)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    [InlineData(4, 512, 2048)]
    public void More_than_anybody_can_have_is_no_limit(int workers, int perWorker, int limit)
    {
        var connections = new WorkerConnections(workers, perWorker);
        Assert.Equal((limit, perWorker), (connections.Limit, connections.PerWorker));
        Assert.True(connections.TryTake());
        Assert.Equal(1, connections.Open);
    }
}
