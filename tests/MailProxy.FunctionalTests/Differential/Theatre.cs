using MailProxy.FunctionalTests.Infrastructure;
using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>One proxy with a server for each of some scenarios, all in one configuration.</summary>
internal sealed class Theatre : IAsyncDisposable
{
    private readonly TempDirectory _directory = new("stage");
    private readonly Dictionary<Scenario, Stage> _stages;
    private ProxyServer? _proxy;

    private Theatre(IEnumerable<Scenario> scenarios) =>
        _stages = scenarios.ToDictionary(scenario => scenario, scenario => new Stage(scenario, _directory.Path));

    public static async Task<Theatre> OpenAsync(ProxyServer proxy, IEnumerable<Scenario> scenarios)
    {
        var theatre = new Theatre(scenarios);
        TestCertificates.WriteTo(theatre._directory.Path);
        try
        {
            theatre._proxy = await ProxyServer.StartAsync(proxy, string.Concat(theatre._stages.Values.Select(stage => stage.ServerBlock())));
            return theatre;
        }
        catch
        {
            await theatre.DisposeAsync();
            throw;
        }
    }

    public Task<Recording> PlayAsync(Scenario scenario, TimeSpan patience, UpstreamCuts cuts = UpstreamCuts.AsWritten) =>
        new Player(scenario, _stages[scenario], patience, cuts, _proxy is NginxServer).PlayAsync();

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        foreach (var stage in _stages.Values) await stage.DisposeAsync();
        _directory.Dispose();
    }
}
