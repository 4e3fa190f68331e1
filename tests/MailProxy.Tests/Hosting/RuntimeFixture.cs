using System.Text;
using MailProxy.Configuration;
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

    public RuntimeFixture() => _services = new ServiceCollection().AddLogging().AddSingleton(_registry).AddMailProxy().BuildServiceProvider();

    public MailProxyRuntime Runtime => _services.GetRequiredService<MailProxyRuntime>();

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
