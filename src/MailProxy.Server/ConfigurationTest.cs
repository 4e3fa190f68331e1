using MailProxy.Configuration;
using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary><c>-t</c> and <c>-T</c>: reads the configuration, opens its logs, binds its sockets, and says what came of it.</summary>
internal sealed class ConfigurationTest(CommandLine commandLine, StartupErrors errors, Stream standardOutput, TextWriter standardError)
{
    /// <returns>The exit code.</returns>
    public int Run(ConfigurationResult configuration)
    {
        errors.Write(configuration.Messages);
        if (configuration.Options is not { } options) return Fail();
        if (HasFailed(ConfigurationCheck.LoadCertificates(options))) return Fail();
        if (!commandLine.Quiet) standardError.WriteLine($"mailproxy: the configuration file {commandLine.ConfPath} syntax is ok");
        if (HasFailed(ConfigurationCheck.Run(options))) return Fail();
        if (!commandLine.Quiet) standardError.WriteLine($"mailproxy: configuration file {commandLine.ConfPath} test is successful");
        if (commandLine.Dump) Dump(configuration.Files);
        return 0;
    }

    private bool HasFailed(IReadOnlyList<string> failures)
    {
        foreach (var failure in failures) errors.Write(ErrorLogLevel.Emerg, failure);
        return failures.Count > 0;
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
