using MailProxy.Configuration;

namespace MailProxy.Tests.Hosting;

/// <summary>What a reload cannot change is said, and the rest is done.</summary>
public sealed class ReloadTests
{
    [Theory]
    [InlineData(TransportKind.Linux, 1, TransportKind.Linux, 3, "the change of \"worker_processes\" from \"1\" to \"3\" takes a restart")]
    [InlineData(TransportKind.Managed, 1, TransportKind.Linux, 1, "the change of \"transport\" from \"managed\" to \"linux\" takes a restart")]
    [InlineData(TransportKind.Managed, 1, TransportKind.Managed, 3)]
    [InlineData(
        TransportKind.Linux, 1, TransportKind.Managed, 3,
        "the change of \"transport\" from \"linux\" to \"managed\" takes a restart", "the change of \"worker_processes\" from \"1\" to \"3\" takes a restart")]
    [InlineData(TransportKind.Linux, 2, TransportKind.Linux, 2)]
    public async Task What_takes_a_restart_is_named_with_both_values(TransportKind before, int workersBefore, TransportKind after, int workersAfter, params string[] warnings)
    {
        await using var fixture = new RuntimeFixture();
        await fixture.Runtime.StartAsync(fixture.Options(before, workersBefore));
        Assert.True(await ReloadAsync(fixture, fixture.Options(after, workersAfter)));
        Assert.True(await ReloadAsync(fixture, fixture.Options(before, workersBefore)));
        Assert.Equal(warnings, Warnings(fixture));
    }

    [Fact]
    public async Task A_count_that_auto_stands_for_is_no_change()
    {
        await using var fixture = new RuntimeFixture();
        await fixture.Runtime.StartAsync(fixture.Options(TransportKind.Linux, 0));
        await ReloadAsync(fixture, fixture.Options(TransportKind.Linux, Environment.ProcessorCount));
        Assert.Empty(Warnings(fixture));
        await ReloadAsync(fixture, fixture.Options(TransportKind.Linux, Environment.ProcessorCount + 1));
        Assert.Equal([$"the change of \"worker_processes\" from \"auto\" to \"{Environment.ProcessorCount + 1}\" takes a restart"], Warnings(fixture));
    }

    private static Task<bool> ReloadAsync(RuntimeFixture fixture, MailProxyOptions options) =>
        fixture.Runtime.ReloadAsync(new ConfigurationResult { Options = options, Messages = [], Files = [] });

    private static IEnumerable<string> Warnings(RuntimeFixture fixture) =>
        fixture.Log.Where(line => line.Contains("takes a restart", StringComparison.Ordinal)).Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
}
