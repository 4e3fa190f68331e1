using System.Text;
using MailProxy.Configuration;
using MailProxy.Connections;
using MailProxy.Hosting;
using MailProxy.Observing.Logs;
using MailProxy.Tests.Observing;
using MailProxy.Transport;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;

namespace MailProxy.Tests.Hosting;

/// <summary>A runtime without Kestrel in front of it, with a log and metrics of its own.</summary>
internal sealed class RuntimeFixture : IAsyncDisposable
{
    private readonly LogFolder _folder = new();
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly ServiceProvider _services;

    /// <param name="configure">What is registered before the proxy's own.</param>
    /// <param name="afterwards">What is registered behind it.</param>
    public RuntimeFixture(Action<IServiceCollection>? configure = null, Action<IServiceCollection>? afterwards = null)
    {
        var services = new ServiceCollection();
        configure?.Invoke(services);
        services.AddLogging().AddSingleton(_registry).AddMailProxy();
        afterwards?.Invoke(services);
        _services = services.BuildServiceProvider();
    }

    public MailProxyRuntime Runtime => _services.GetRequiredService<MailProxyRuntime>();

    public SessionGenerations Sessions => _services.GetRequiredService<SessionGenerations>();

    public ListenerSet Listeners => _services.GetRequiredService<ListenerSet>();

    public WorkerConnections WorkerConnections => Sessions.Current.WorkerConnections;

    public MailTransport Transport => _services.GetRequiredService<MailTransport>();

    /// <summary>What was logged, each line without its head.</summary>
    public IReadOnlyList<string> Log => [.. Read().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[line.IndexOf('[', StringComparison.Ordinal)..])];

    public MailProxyOptions Options(TransportKind transport, int workers) =>
        new() { Transport = transport, WorkerProcesses = workers, ErrorLog = [new ErrorLogOptions { Target = _folder["error.log"], Level = ErrorLogLevel.Info }] };

    public async Task<string> MetricsAsync()
    {
        await using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    private string Read()
    {
        _services.GetRequiredService<LogSinks>().Reopen();          // everything is written then
        return _folder.ReadNow("error.log");
    }
}
