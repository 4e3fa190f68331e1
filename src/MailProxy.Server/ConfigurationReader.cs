using MailProxy.Configuration;
using MailProxy.Loading;
using MailProxy.Observing.Logs;

namespace MailProxy.Server;

/// <summary>Reads the configuration that the command line names, now and at every reload.</summary>
internal sealed class ConfigurationReader(CommandLine commandLine, IConfiguration overlay)
{
    /// <param name="isReload">Whether the process runs already: then it no longer sets its limit of open files.</param>
    /// <exception cref="InvalidDataException">A reload: appsettings.json cannot be read.</exception>
    public ConfigurationResult Read(bool isReload = false)
    {
        if (isReload) (overlay as IConfigurationRoot)?.Reload();
        var result = ConfigurationLoader.Load(new ConfigurationRequest(commandLine.ConfPath, commandLine.PrefixPath, commandLine.GlobalDirectives, overlay));
        // A configuration without error_log logs where -e says.
        if (result.Options is { ErrorLog.Count: 0 } options && commandLine.ErrorLogPath is { } path) options.ErrorLog.Add(new ErrorLogOptions { Target = path });
        if (!OperatingSystem.IsLinux() || result.Options is null) return result;
        var (soft, hard) = NativeProcess.GetOpenFilesLimit();
        return OpenFilesCheck.Run(result.Options, soft, hard, canSet: !isReload) is { } warning ? result.With(warning) : result;
    }
}
