using System.Collections.Concurrent;
using System.Net;
using System.Text;
using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Loading;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MailProxy.FunctionalTests.Directories;

/// <summary>One passdb as the proxy has it, with a log and metrics of its own.</summary>
internal sealed class AskedPassdb : ILogger, IAsyncDisposable
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly ConcurrentQueue<string> _log = new();
    private readonly PassdbChain _chain;

    public AskedPassdb(PassdbOptions options)
    {
        options.Source = "c:2";
        _chain = PassdbChain.Create(new MailProxyOptions { Passdb = [options] }, new PassdbServices(Metrics.WithCustomRegistry(_registry), TimeProvider.System), this);
    }

    /// <summary>Everything that was logged.</summary>
    public string Log => string.Join('\n', _log);

    public async Task<PassdbResult> AskAsync(string login, string password, AuthMethod method = AuthMethod.Plain)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        var credentials = new Credentials(method, Encoding.UTF8.GetBytes(login), Encoding.UTF8.GetBytes(password), "<1@x>"u8.ToArray());
        return await _chain.AuthenticateAsync(new PassdbQuery(credentials, Features.BuiltIn.Protocols.Find("imap")!, IPAddress.Parse("192.0.2.7")), deadline.Token);
    }

    public async Task<PassdbStatus> StatusAsync(string login, string password, AuthMethod method = AuthMethod.Plain) => (await AskAsync(login, password, method)).Status;

    public async Task<string?> CheckAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        return await _chain.Passdbs.Single().CheckAsync(deadline.Token);
    }

    public async Task<string> MetricsAsync()
    {
        await using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        Assert.DoesNotContain("hunter2", Log, StringComparison.Ordinal);
        return _chain.DisposeAsync();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _log.Enqueue(formatter(state, exception));
}
