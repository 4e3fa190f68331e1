using System.Net.Sockets;
using MailProxy.Diagnostics;
using MailProxy.Hosting;
using MailProxy.Server;
using Microsoft.Extensions.Hosting.Systemd;
using Prometheus;

NativeProcess.StopIgnoringSignals();
LastResort.Install();
if (args is ["--probe", var probed]) return await Probe.RunAsync(probed);
if (args is ["user", .. var userArguments]) return UserCommand.Run(userArguments);

CommandLine commandLine;
try
{
    commandLine = CommandLine.Parse(args);
}
catch (FormatException exception)
{
    Console.Error.WriteLine($"mailproxy: {exception.Message}");
    return 1;
}

if (commandLine.ShowVersion) Console.Error.WriteLine(ServerText.Version);
if (commandLine.ShowBuild) Console.Error.WriteLine(ServerText.Build);
if (commandLine.ShowHelp) Console.Error.WriteLine(ServerText.Usage);
if (commandLine.ShowVersion && !commandLine.Test) return 0;

var errors = new StartupErrors(Console.Error, commandLine.ErrorLogPath, TimeProvider.System);
try
{
    return await RunAsync();
}
catch (Exception exception) when (exception is StartupException or IOException or InvalidDataException or FormatException or SocketException)
{
    errors.Write(exception);
    return 1;
}

async Task<int> RunAsync()
{
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
    {
        ContentRootPath = Directory.Exists(commandLine.PrefixPath) ? commandLine.PrefixPath : AppContext.BaseDirectory,
    });
    var reader = new ConfigurationReader(commandLine, builder.Configuration);
    var configuration = reader.Read();
    if (commandLine.Test) return new ConfigurationTest(commandLine, errors, Console.OpenStandardOutput(), Console.Error).Run(configuration);

    errors.Write(configuration.Messages);
    if (configuration.Options is not { } options) return 1;
    if (commandLine.Signal is { } signal) return SignalCommand.Run(signal, options, errors);

    // The error log is the program's log; the host's own providers speak where appsettings.json asks for them.
    if (!builder.Configuration.GetSection("Logging").Exists())
    {
        // Nobody reads scopes then; Kestrel would open one for each connection.
        builder.Logging.ClearProviders().Configure(logging => logging.ActivityTrackingOptions = ActivityTrackingOptions.None);
    }

    Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressMeters = true, SuppressEventCounters = true });
    builder.Services.AddMailProxy();
    Tracing.Add(builder.Services, builder.Configuration);
    builder.Services.AddSingleton<ILoggerProvider, HostLogProvider>();
    builder.Services.AddSingleton(reader);
    builder.Services.AddSingleton(provider => new PidFile(message => ServerLog.Alert(provider.GetRequiredService<MailProxyRuntime>().Log, message)));
    builder.Services.AddSingleton<IServerControl, ServerControl>();
    builder.Services.AddSingleton<SignalActions>();
    builder.Services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
    builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
    builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.UseMailProxy());

    await using var app = builder.Build();
    app.MapMailProxy();
    app.MapMetrics();
    var runtime = app.Services.GetRequiredService<MailProxyRuntime>();
    await runtime.StartAsync(options);
    using var pidFile = app.Services.GetRequiredService<PidFile>();
    ProcessSetup.Apply(options, pidFile, app.Services.GetRequiredService<LogSinks>(), runtime.Log);
    await app.StartAsync();
    await app.WaitForShutdownAsync();
    ServerLog.Exit(runtime.Log);
    return 0;
}
