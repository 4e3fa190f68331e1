using MailProxy.Configuration;
using MailProxy.Hosting;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using MailProxy.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace MailProxy.Tests.Hosting;

public sealed class GenerationTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Sessions_that_outlive_worker_shutdown_timeout_end_a_thousand_a_second()
    {
        using var generation = Create(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 3200; i++) Assert.True(generation.TryAdd(new DefaultConnectionContext()));
        generation.Retire();
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, Stopped(generation));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Stopped(generation));
        for (var wave = 2; wave <= 32; wave++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            Assert.Equal(wave, Stopped(generation));
        }
    }

    [Fact]
    public void A_few_sessions_end_at_once_and_all_are_told_to_come_back_before()
    {
        using var generation = Create(TimeSpan.FromMinutes(1));
        Assert.True(generation.TryAdd(new DefaultConnectionContext()));
        generation.Retire();
        generation.RequestComeBack();
        Assert.All(Enumerable.Range(0, 32), number => Assert.True(generation.DrainOf(number).ComeBack.IsCancellationRequested));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(32, Stopped(generation));
    }

    private Generation Create(TimeSpan timeout)
    {
        var options = new MailProxyOptions { WorkerShutdownTimeout = timeout };
        var registry = Metrics.NewCustomRegistry();
        using var sinks = new LogSinks(TimeProvider.System);
        var logs = new ErrorLogSet(options, sinks, NullLoggerFactory.Instance, TimeProvider.System);
        return new Generation(options, logs, new CertificateSet(options, TlsEngine.Managed), new ProcessMetrics(Metrics.WithCustomRegistry(registry)), _time);
    }

    private static int Stopped(Generation generation) => Enumerable.Range(0, 32).Count(number => generation.DrainOf(number).Stop.IsCancellationRequested);
}
