using MailProxy.Hosting;
using MailProxy.Server;
using Prometheus;

NativeProcess.StopIgnoringSignals();
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

var prefix = Path.GetFullPath(commandLine.Prefix);
var errors = new StartupErrors(Console.Error, commandLine.ErrorLog is { } log and not "stderr" ? Path.GetFullPath(log, prefix) : null, TimeProvider.System);
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Directory.Exists(prefix) ? prefix : AppContext.BaseDirectory });
var reader = new ConfigurationReader(commandLine, builder.Configuration);
var configuration = reader.Read();
if (commandLine.Test) return new ConfigurationTest(commandLine, errors, Console.Out, Console.Error).Run(configuration);

errors.Write(configuration.Messages);
if (configuration.Options is not { } options) return 1;
if (commandLine.Signal is { } signal) return SignalCommand.Run(signal, options, errors);

// The error log is the program's log; the host's own providers speak where appsettings.json asks for them.
if (!builder.Configuration.GetSection("Logging").Exists()) builder.Logging.ClearProviders();
Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions { SuppressMeters = true, SuppressEventCounters = true });
builder.Services.AddMailProxy();
builder.Services.AddSingleton(reader);
builder.Services.AddSingleton<IHostLifetime, SignalLifetime>();
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.UseMailProxy());

await using var app = builder.Build();
app.MapMailProxy();
app.MapMetrics();
var runtime = app.Services.GetRequiredService<MailProxyRuntime>();
try
{
    await runtime.StartAsync(options);
    ProcessSetup.Apply(options, runtime.Log);
    await app.StartAsync();
    await app.WaitForShutdownAsync();
    ServerLog.Exit(runtime.Log);
    return 0;
}
catch (Exception exception) when (exception is StartupException or IOException)
{
    errors.Write(exception);
    return 1;
}
finally
{
    if (options.Pid is { } pid) PidFile.Remove(pid);
}
