using System.Text.Json;
using MailProxy.FunctionalTests.Infrastructure;

namespace MailProxy.FunctionalTests.Servers;

/// <summary>A Prometheus that scrapes a program of the test's, every second, with the alert rules that ship.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly TempDirectory _directory = new("prom");
    private readonly HttpClient _http;
    private ChildProcess? _process;

    private PrometheusServer(int port) => _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/"), Timeout = Patience.Usual };

    public static string Rules => Path.Combine(MailProxyServer.Repository, "deploy/prometheus/alerts.yml");

    public static async Task<PrometheusServer> StartAsync(Uri target)
    {
        var port = FreePort.Take();
        var server = new PrometheusServer(port);
        var configuration = server._directory.Combine("prometheus.yml");
        await File.WriteAllTextAsync(configuration, $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [ "{{Rules}}" ]
            scrape_configs: [ { job_name: mailproxy, static_configs: [ { targets: [ "{{target.Authority}}" ] } ] } ]
            """);
        server._process = ChildProcess.Start("/usr/bin/prometheus", [$"--config.file={configuration}", $"--storage.tsdb.path={server._directory.Combine("data")}", $"--web.listen-address=127.0.0.1:{port}"]);
        await Patience.UntilAsync(() => server.IsReady, () => $"Prometheus to be ready; it said: {server._process.Error}");
        return server;
    }

    /// <summary>The result of an expression; an expression that does not parse is an exception that says why.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string expression)
    {
        var answer = await GetAsync("query", new Dictionary<string, string> { ["query"] = expression });
        return [.. answer.GetProperty("result").EnumerateArray()];
    }

    /// <summary>Asks until there is something.</summary>
    public Task WaitForAsync(string expression) =>
        Patience.UntilAsync(() => QueryAsync(expression).GetAwaiter().GetResult().Count > 0, () => $"data of {expression}; Prometheus said: {_process?.Error}");

    /// <summary>The alert rules by name, each with its health.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RulesAsync()
    {
        var answer = await GetAsync("rules", []);
        return answer.GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .ToDictionary(rule => rule.GetProperty("name").GetString()!, rule => rule.GetProperty("health").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null) await _process.DisposeAsync();
        _directory.Dispose();
    }

    private bool IsReady
    {
        get
        {
            try
            {
                return _http.GetAsync(new Uri("/-/ready", UriKind.Relative)).GetAwaiter().GetResult().IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    private async Task<JsonElement> GetAsync(string path, Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = form.Count > 0 ? await _http.PostAsync(new Uri(path, UriKind.Relative), content) : await _http.GetAsync(new Uri(path, UriKind.Relative));
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        if (answer.GetProperty("status").GetString() != "success") throw new InvalidOperationException($"{string.Join(' ', form.Values)}: {answer}");
        return answer.GetProperty("data");
    }
}
