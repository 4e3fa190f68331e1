using MailProxy.Configuration;
using MailProxy.Server;

namespace MailProxy.Tests.Server;

public sealed class OpenFilesCheckTests
{
    [Theory]
    [InlineData(1, 1024, null, 1024UL, null)]
    [InlineData(1, 1025, null, 1024UL, "1025 worker_connections exceed open file resource limit: 1024")]
    [InlineData(2, 512, null, 1024UL, null)]
    [InlineData(2, 513, null, 1024UL, "2 x 513 worker_connections exceed open file resource limit: 1024")]
    [InlineData(1, 4096, 4096, 1024UL, null)]
    [InlineData(1, 4096, 4095, 8192UL, "4096 worker_connections exceed open file resource limit: 4095")]
    [InlineData(1, int.MaxValue, null, ulong.MaxValue, null)]
    public void Connections_beyond_the_limit_are_warned_of(int workers, int connections, int? wanted, ulong soft, string? warning)
    {
        var options = new MailProxyOptions { WorkerProcesses = workers, WorkerConnections = connections, WorkerRlimitNofile = wanted };
        var message = OpenFilesCheck.Run(options, soft, ulong.MaxValue, canSet: true);
        Assert.Equal(warning is null ? null : new ConfigurationMessage(ErrorLogLevel.Warn, warning), message);
    }

    [Fact]
    public void A_limit_that_is_no_longer_set_does_not_count()
    {
        var options = new MailProxyOptions { WorkerConnections = 4096, WorkerRlimitNofile = 4096 };
        Assert.Equal("4096 worker_connections exceed open file resource limit: 1024", OpenFilesCheck.Run(options, 1024, 8192, canSet: false)!.Text);
    }
}
