using MailProxy.Configuration;

namespace MailProxy.Server;

/// <summary>Reads the configuration that the command line names, now and at every reload.</summary>
internal sealed class ConfigurationReader(CommandLine commandLine, IConfiguration overlay)
{
    public ConfigurationResult Read()
    {
        var result = ConfigurationLoader.Load(new ConfigurationRequest(commandLine.ConfPath, commandLine.PrefixPath, commandLine.GlobalDirectives, overlay));
        // A configuration without error_log logs where -e says.
        if (result.Options is { ErrorLog.Count: 0 } options && commandLine.ErrorLogPath is { } path) options.ErrorLog.Add(new ErrorLogOptions { Target = path });
        return result;
    }
}
