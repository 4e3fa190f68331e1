using MailProxy.Hosting;
using MailProxy.Observing.Logs;
using MailProxy.Server;

NativeProcess.PrepareProcess();
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
if (commandLine is { Test: false, Signal: null }) BlockedSignals.BlockAll();

var errors = new StartupErrors(Console.Error, commandLine.ErrorLogPath, TimeProvider.System);
try
{
    return await RunAsync();
}
catch (Exception exception)
{
    errors.Write(exception);
    return 1;
}

async Task<int> RunAsync()
{
    var builder = ServerHost.CreateBuilder(commandLine);
    var reader = new ConfigurationReader(commandLine, builder.Configuration);
    var configuration = reader.Read();
    if (commandLine.Test)
        return await new ConfigurationTest(commandLine, errors, Console.OpenStandardOutput(), Console.Error) { TryStartAsync = options => ServerHost.TryAsync(builder, reader, options) }.RunAsync(configuration);

    errors.Write(configuration.Messages);
    if (configuration.Options is not { } options) return 1;
    if (commandLine.Signal is { } signal) return SignalCommand.Run(signal, options, errors);

    await using var app = ServerHost.Build(builder, reader, takesSignals: true);
    var runtime = app.Services.GetRequiredService<MailProxyRuntime>();
    await runtime.StartAsync(options);
    using var pidFile = app.Services.GetRequiredService<PidFile>();
    ProcessSetup.Apply(options, configuration.Files.Select(file => file.Path), pidFile, app.Services.GetRequiredService<LogSinks>(), runtime.Log);
    await app.StartAsync();
    await app.WaitForShutdownAsync();
    ServerLog.Exit(runtime.Log);
    return 0;
}
