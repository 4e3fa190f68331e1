using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>Whatever TCP makes of an upstream's replies, each side hears the same.</summary>
public sealed class SegmentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory, InlineData(nameof(UpstreamCuts.Bytes)), InlineData(nameof(UpstreamCuts.OneSegment))]
    public async Task Replies_mean_the_same_however_they_are_cut(string name)
    {
        var cuts = Enum.Parse<UpstreamCuts>(name);
        var scenarios = Scenario.All.Where(scenario => scenario.Steps.Any(step => step.Actor == Actor.UpstreamSends)).ToList();
        // One byte at a time takes more than the seconds that some give.
        if (cuts == UpstreamCuts.Bytes) scenarios = [.. scenarios.Where(scenario => !scenario.Gives("timeout")).Select(scenario => scenario with { Directives = [.. scenario.Directives, "timeout 10m;"] })];
        Assert.True(scenarios.Count > 50);
        await using var theatre = await Theatre.OpenAsync(new MailProxyServer(), scenarios);
        var failed = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(scenarios, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (scenario, _) =>
        {
            var played = await theatre.PlayAsync(scenario, Patience, cuts);
            if (played.Mismatches.Count > 0) failed.Add($"{scenario.Name}\n{string.Join('\n', played.Mismatches)}\n{played}");
        });
        Assert.True(failed.IsEmpty, string.Join('\n', failed));
    }
}
