using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Tests.Configuration;
using MailProxy.Tls;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;
using Microsoft.Extensions.DependencyInjection;

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
    public async Task What_takes_a_restart_is_named_with_both_values(object before, int workersBefore, object after, int workersAfter, params string[] warnings)
    {
        await using var fixture = new RuntimeFixture();
        await fixture.Runtime.StartAsync(fixture.Options((TransportKind)before, workersBefore));
        Assert.True(await ReloadAsync(fixture, fixture.Options((TransportKind)after, workersAfter)));
        Assert.True(await ReloadAsync(fixture, fixture.Options((TransportKind)before, workersBefore)));
        Assert.Equal(warnings, Warnings(fixture));
    }

    [Fact]
    public async Task A_passdb_that_makes_no_sense_leaves_all_as_it_was_and_is_counted()
    {
        await using var fixture = new RuntimeFixture();
        var broken = fixture.Options(TransportKind.Managed, 1);
        broken.Passdb = [new PassdbOptions { Driver = "pgsql", Connection = "Host=h;Password=hunter2;Minimum Pool Size=200", Query = "x", Source = "c:2" }];
        Assert.Equal("invalid connection string of passdb pgsql in c:2", (await Assert.ThrowsAsync<StartupException>(() => fixture.Runtime.StartAsync(broken))).Message);
        var options = fixture.Options(TransportKind.Managed, 1);
        options.Passdb = [new PassdbOptions { Driver = "static" }];
        await fixture.Runtime.StartAsync(options);
        var before = fixture.WorkerConnections;
        Assert.False(await ReloadAsync(fixture, broken));
        Assert.Same(before, fixture.WorkerConnections);
        Assert.Contains("mailproxy_config_reloads_total{result=\"failed\"} 1\n", await fixture.MetricsAsync(), StringComparison.Ordinal);
        Assert.Contains(fixture.Log, line => line.EndsWith("invalid connection string of passdb pgsql in c:2", StringComparison.Ordinal));
        Assert.DoesNotContain(fixture.Log, line => line.Contains("hunter2", StringComparison.Ordinal));
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

    [Theory]
    [InlineData("read", "cannot be read")]
    [InlineData("bug", "the configuration could not be read again")]
    [InlineData("syntax", "unknown directive")]
    [InlineData("process", "open() \"pid\" failed")]
    [InlineData("log", "open() \"/none/at/all.log\" failed (2: No such file or directory)")]
    [InlineData("tls", "/none/ca.pem")]
    [InlineData("auth", "no.such.host.invalid")]
    [InlineData("bind", "bind() to 203.0.113.1:1 failed (99: Cannot assign requested address)")]
    public async Task One_that_fails_anywhere_changes_nothing_and_counts_once(string step, string message)
    {
        var process = new Steps { Fails = step == "process" };
        await using var fixture = new RuntimeFixture(services => services.AddSingleton<IConfigured>(process));
        await fixture.Runtime.StartAsync(fixture.Options(TransportKind.Linux, 1));
        var options = fixture.Options(TransportKind.Linux, 1);
        options.WorkerConnections = 7;
        var server = new ServerOptions { Protocol = "imap", ErrorLog = [new ErrorLogOptions { Target = "stderr", Level = ErrorLogLevel.Emerg }] };
        options.Servers.Add(server);
        if (step == "log") server.ErrorLog = [new ErrorLogOptions { Target = "/none/at/all.log" }];
        if (step == "tls") server.ProxyTls.TrustedCertificate = "/none/ca.pem";
        if (step == "tls") server.ProxyTls.Mode = ProxyTlsMode.On;
        if (step == "auth") server.AuthHttp.Url = Values.Urls("no.such.host.invalid:1");
        if (step == "bind") server.Listen = [new MailListenOptions { Address = Values.EndPoint("203.0.113.1:1") }];
        var before = fixture.WorkerConnections;

        Assert.False(await fixture.Runtime.ReloadAsync(() => step switch
        {
            "read" => throw new InvalidDataException("appsettings.json cannot be read"),
            "bug" => throw new NotSupportedException("nobody has foreseen this"),
            "syntax" => new ConfigurationResult { Options = null, Messages = [new(ErrorLogLevel.Emerg, "unknown directive")], Files = [] },
            _ => new ConfigurationResult { Options = options, Messages = [], Files = [] },
        }));

        Assert.Same(before, fixture.WorkerConnections);
        Assert.Equal(step is "read" or "bug" or "syntax" ? [] : step == "process" ? ["prepare"] : ["prepare", "undo"], process.Done);
        Assert.Contains(fixture.Log, line => line.Contains(message, StringComparison.Ordinal));
        var metrics = await fixture.MetricsAsync();
        Assert.Contains("mailproxy_config_reloads_total{result=\"failed\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_config_reloads_total{result=\"ok\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_config_last_reload_successful 0\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_succeeds_completes_what_the_process_has_prepared_and_counts_once()
    {
        var process = new Steps();
        await using var fixture = new RuntimeFixture(services => services.AddSingleton<IConfigured>(process));
        await fixture.Runtime.StartAsync(fixture.Options(TransportKind.Linux, 1));
        var options = fixture.Options(TransportKind.Linux, 1);
        options.WorkerConnections = 7;
        Assert.True(await fixture.Runtime.ReloadAsync(() => new ConfigurationResult { Options = options, Messages = [], Files = [] }));
        Assert.Equal(7, fixture.WorkerConnections.Limit);
        Assert.Equal(["prepare", "complete"], process.Done);
        var metrics = await fixture.MetricsAsync();
        Assert.Contains("mailproxy_config_reloads_total{result=\"failed\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mailproxy_config_reloads_total{result=\"ok\"} 1\n", metrics, StringComparison.Ordinal);
    }

    /// <summary>What the process has to change with a reload.</summary>
    private sealed class Steps : IConfigured
    {
        public bool Fails { get; init; }

        public List<string> Done { get; } = [];

        public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
        {
            if (preparation.InForce is null) return ValueTask.FromResult<IPrepared>(new Prepared<Steps>(this));
            Done.Add("prepare");
            if (Fails) throw new IOException("open() \"pid\" failed");
            return ValueTask.FromResult<IPrepared>(new Prepared<Steps>(this, commit: () => Done.Add("complete"), undo: Undo));
        }

        private ValueTask Undo()
        {
            Done.Add("undo");
            return ValueTask.CompletedTask;
        }
    }

    private static Task<bool> ReloadAsync(RuntimeFixture fixture, MailProxyOptions options) =>
        fixture.Runtime.ReloadAsync(() => new ConfigurationResult { Options = options, Messages = [], Files = [] });

    private static IEnumerable<string> Warnings(RuntimeFixture fixture) =>
        fixture.Log.Where(line => line.Contains("takes a restart", StringComparison.Ordinal)).Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
}
