using MailProxy.Configuration;

namespace MailProxy.Server;

/// <summary>Reads the configuration that the command line names, now and at every reload.</summary>
internal sealed class ConfigurationReader(CommandLine commandLine, IConfiguration overlay)
{
    public ConfigurationResult Read() =>
        ConfigurationLoader.Load(new ConfigurationRequest(commandLine.ConfPath, Path.GetFullPath(commandLine.Prefix), commandLine.GlobalDirectives, overlay));
}
