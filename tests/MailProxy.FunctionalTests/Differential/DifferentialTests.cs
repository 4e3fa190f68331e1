using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>
/// Each transcript is played against MailProxy and against nginx with the same configuration. MailProxy must do what the
/// transcript says, and nginx the same to each side, where <c>AllowedDifferences.txt</c> gives no reason why not.
/// </summary>
public sealed class DifferentialTests(DifferentialRun run) : IClassFixture<DifferentialRun>
{
    public static TheoryData<string> Names => [.. Scenario.All.Select(scenario => scenario.Name)];

    [Theory, MemberData(nameof(Names))]
    public async Task The_proxy_does_what_nginx_does(string name)
    {
        var scenario = Scenario.All.Single(scenario => scenario.Name == name);
        var (nginx, tested) = await run.ResultAsync(scenario);
        var allowed = AllowedDifferences.In(scenario);

        // With nginx on both sides the transcript itself is what is tested.
        if (!ProxyServer.NginxIsUnderTest || allowed.Count == 0)
            Assert.True(tested.Mismatches.Count == 0, $"{string.Join('\n', tested.Mismatches)}\n{tested}\nnginx:\n{nginx}");
        var expected = ProxyServer.NginxIsUnderTest ? [] : allowed;
        Assert.True(tested.DifferingFrom(nginx).SequenceEqual(expected), $"Differing: {string.Join(", ", tested.DifferingFrom(nginx))}; allowed: {string.Join(", ", expected)}\n{tested}\nnginx:\n{nginx}");
    }

    [Fact]
    public void Every_allowed_difference_names_a_scenario() =>
        Assert.Empty(AllowedDifferences.Scenarios.Except(Scenario.All.Select(scenario => scenario.Name)));
}
