using MailProxy.Configuration;
using MailProxy.Hosting;

namespace MailProxy.Server;

/// <summary><c>-t</c> and <c>-T</c>: reads the configuration, opens its logs, binds its sockets, and says what came of it.</summary>
internal sealed class ConfigurationTest(CommandLine commandLine, StartupErrors errors, TextWriter standardOutput, TextWriter standardError)
{
    /// <returns>The exit code.</returns>
    public int Run(ConfigurationResult configuration)
    {
        errors.Write(configuration.Messages);
        var failures = configuration.Options is { } options ? ConfigurationCheck.Run(options) : [];
        foreach (var failure in failures) errors.Write(ErrorLogLevel.Emerg, failure);
        var isGood = configuration.Options is not null && failures.Count == 0;
        if (!isGood)
        {
            standardError.WriteLine($"mailproxy: configuration file {commandLine.ConfPath} test failed");
            return 1;
        }

        if (!commandLine.Quiet)
        {
            standardError.WriteLine($"mailproxy: the configuration file {commandLine.ConfPath} syntax is ok");
            standardError.WriteLine($"mailproxy: configuration file {commandLine.ConfPath} test is successful");
        }

        if (commandLine.Dump) Dump(configuration.Files);
        return 0;
    }

    private void Dump(IReadOnlyList<ConfFile> files)
    {
        foreach (var file in files)
        {
            standardOutput.WriteLine($"# configuration file {file.Path}:");
            standardOutput.Write(System.Text.Encoding.UTF8.GetString(file.Content.Span));
            standardOutput.WriteLine();
        }
    }
}
