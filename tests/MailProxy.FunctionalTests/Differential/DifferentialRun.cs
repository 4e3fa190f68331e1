using MailProxy.FunctionalTests.Servers;

namespace MailProxy.FunctionalTests.Differential;

/// <summary>Plays every scenario against nginx and against the proxy under test, several at a time since many of them wait.</summary>
public sealed class DifferentialRun : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Where nginx is known to do something else, it often does it by not answering.</summary>
    private static readonly TimeSpan PatienceWithQuirks = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Task<(Recording Nginx, Recording Tested)>> _results = [];
    private readonly SemaphoreSlim _seats = new(8);
    private Theatre? _nginx;
    private Theatre? _tested;

    internal Task<(Recording Nginx, Recording Tested)> ResultAsync(Scenario scenario) => _results[scenario.Name];

    public async ValueTask InitializeAsync()
    {
        _nginx = await Theatre.OpenAsync(new NginxServer(), Scenario.All);
        _tested = await Theatre.OpenAsync(ProxyServer.NginxIsUnderTest ? new NginxServer() : new MailProxyServer(), Scenario.All);
        foreach (var scenario in Scenario.All) _results.Add(scenario.Name, PlayAsync(scenario));
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_results.Values.Select(result => result.ContinueWith(_ => { }, TaskScheduler.Default)));
        if (_nginx is not null) await _nginx.DisposeAsync();
        if (_tested is not null) await _tested.DisposeAsync();
        _seats.Dispose();
    }

    private async Task<(Recording Nginx, Recording Tested)> PlayAsync(Scenario scenario)
    {
        await Task.Yield();
        await _seats.WaitAsync();
        try
        {
            var differs = AllowedDifferences.In(scenario).Count > 0;
            var nginx = _nginx!.PlayAsync(scenario, differs ? PatienceWithQuirks : Patience);
            var tested = _tested!.PlayAsync(scenario, differs && ProxyServer.NginxIsUnderTest ? PatienceWithQuirks : Patience);
            return (await nginx, await tested);
        }
        finally
        {
            _seats.Release();
        }
    }
}
