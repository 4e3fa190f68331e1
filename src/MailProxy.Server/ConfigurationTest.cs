using MailProxy.Configuration;
using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary><c>-t</c> and <c>-T</c>: reads the configuration, opens its logs, binds its sockets, does all else that a start does, and says what came of it.</summary>
internal sealed class ConfigurationTest(CommandLine commandLine, StartupErrors errors, Stream standardOutput, TextWriter standardError)
{
    /// <summary>Does what a start does, but for binding; throws what the start would fail with.</summary>
    public required Func<MailProxyOptions, Task> TryStartAsync { get; init; }

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(ConfigurationResult configuration)
    {
        errors.Write(configuration.Messages);
        if (configuration.Options is not { } options) return Fail();
        if (HasFailed(ConfigurationCheck.LoadCertificates(options))) return Fail();
        if (!commandLine.Quiet) standardError.WriteLine($"mailproxy: the configuration file {commandLine.ConfPath} syntax is ok");
        if (HasFailed([.. ConfigurationCheck.Run(options), .. CheckPidFile(options.Pid)]) || !await CanStartAsync(options) || HasFailed(CheckAccount(options, configuration.Files))) return Fail();
        if (!commandLine.Quiet) standardError.WriteLine($"mailproxy: configuration file {commandLine.ConfPath} test is successful");
        if (commandLine.Dump) Dump(configuration.Files);
        return 0;
    }

    private bool HasFailed(IReadOnlyList<string> failures)
    {
        foreach (var failure in failures) errors.Write(ErrorLogLevel.Emerg, failure);
        return failures.Count > 0;
    }

    private static string[] CheckPidFile(string? path)
    {
        try
        {
            if (path is not null) PidFile.Check(path);
            return [];
        }
        catch (IOException exception)
        {
            return [exception.Message];
        }
    }

    private string[] CheckAccount(MailProxyOptions options, IReadOnlyList<ConfFile> files)
    {
        if (options.User is not { } user || !OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return [];
        try
        {
            foreach (var warning in AccountCheck.Warnings(NativeProcess.FindAccount(user, options.Group), options, files.Select(file => file.Path))) errors.Write(ErrorLogLevel.Warn, warning);
            return [];
        }
        catch (SystemCallException exception)
        {
            return [exception.Message];
        }
    }

    private async Task<bool> CanStartAsync(MailProxyOptions options)
    {
        try
        {
            await TryStartAsync(options);
            return true;
        }
        catch (Exception exception)
        {
            errors.Write(exception);
            return false;
        }
    }

    private int Fail()
    {
        standardError.WriteLine($"mailproxy: configuration file {commandLine.ConfPath} test failed");
        return 1;
    }

    // As bytes: a file need not be UTF-8.
    private void Dump(IReadOnlyList<ConfFile> files)
    {
        foreach (var file in files)
        {
            standardOutput.Write(System.Text.Encoding.UTF8.GetBytes($"# configuration file {file.Path}:\n"));
            standardOutput.Write(file.Content.Span);
            standardOutput.Write("\n"u8);
        }
    }
}
