using MailProxy.Configuration;
using MailProxy.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Options;
using Prometheus;

namespace MailProxy.Server;

/// <summary>Makes the program's host, in one way for a start and for a test of the configuration.</summary>
internal static class ServerHost
{
    public static WebApplicationBuilder CreateBuilder(CommandLine commandLine)
    {
        // HUP is when files are read again: a watch would wake a thread for each line of a log in the prefix. The builder looks
        // nowhere else so early.
        Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
        return WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = Directory.Exists(commandLine.PrefixPath) ? commandLine.PrefixPath : AppContext.BaseDirectory,
        });
    }

    /// <param name="builder">Has the configuration's keys.</param>
    /// <param name="reader">Reads the configuration again.</param>
    /// <param name="takesSignals">Whether signals are to be ours; a test ends by any.</param>
    /// <exception cref="StartupException">An endpoint of traces is no URL.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, ConfigurationReader reader, bool takesSignals)
    {
        // The error log is the program's log; the host's own providers speak where appsettings.json asks for them.
        if (!builder.Configuration.GetSection("Logging").Exists())
        {
            // Nobody reads scopes then; Kestrel would open one for each connection.
            builder.Logging.ClearProviders().Configure(logging => logging.ActivityTrackingOptions = ActivityTrackingOptions.None);
        }

        Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressMeters = true, SuppressEventCounters = true });
        // Before all else: nothing that it may fail with has been made by then.
        builder.Services.AddSingleton(provider => new PidFile(message => ServerLog.Alert(provider.GetRequiredService<MailProxyRuntime>().Log, message)));
        builder.Services.AddSingleton<IConfigured>(provider => provider.GetRequiredService<PidFile>());
        builder.Services.AddMailProxy();
        Tracing.Add(builder.Services, builder.Configuration);
        builder.Services.AddSingleton<ILoggerProvider, HostLogProvider>();
        builder.Services.AddSingleton(reader);
        builder.Services.AddSingleton<IServerControl, ServerControl>();
        builder.Services.AddSingleton<SignalActions>();
        builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
        if (takesSignals) builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.UseMailProxy().LimitHttp());

        var app = builder.Build();
        app.MapMailProxy();
        app.MapMetrics().WithReading();
        return app;
    }

    /// <summary>Does all that a start does, but for binding, for the pid file and for the account.</summary>
    /// <exception cref="Exception">What the start would fail with.</exception>
    public static async Task TryAsync(WebApplicationBuilder builder, ConfigurationReader reader, MailProxyOptions options)
    {
        await using var app = Build(builder, reader, takesSignals: false);
        await app.Services.GetRequiredService<MailProxyRuntime>().TryAsync(options);
        // Reads the addresses of the HTTP side, and their certificates.
        _ = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
    }
}
