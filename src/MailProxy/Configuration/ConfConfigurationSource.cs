using System.Globalization;
using MailProxy.Configuration.Binding;
using MailProxy.Observing.Logs;
using MailProxy.Upstreams;
using Microsoft.Extensions.Configuration;

namespace MailProxy.Configuration;

/// <summary>A configuration file as a source of configuration keys.</summary>
/// <param name="path">The file.</param>
internal sealed class ConfConfigurationSource(string path) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new ConfConfigurationProvider(Path.GetFullPath(path));
}

/// <summary>The keys of one file.</summary>
/// <param name="path">The file.</param>
internal sealed class ConfConfigurationProvider(string path) : ConfigurationProvider
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="FormatException">The file is wrong; the message holds every error, one on a line.</exception>
    public override void Load()
    {
        var messages = new List<ConfigurationMessage>();
        var directory = Path.GetDirectoryName(path) ?? "/";
        var reader = new ConfReader(new LoadContext(directory, directory, LoadContext.SystemLookup) { IsPrivileged = Environment.IsPrivilegedProcess }, messages);
        reader.ReadMain(path);
        var errors = messages.Where(message => message.Level == ErrorLogLevel.Emerg).Select(message => message.Text).ToList();
        if (errors.Count > 0) throw new FormatException(string.Join('\n', errors));

        Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Add(OverlayReader.Root, reader.Settings.Main);
        // There is one key for the log of the whole process; that of `mail` goes to the servers which have none of their own.
        var mailLog = reader.Settings.Mail[nameof(ServerOptions.ErrorLog)];
        Add(OverlayReader.Root, reader.Settings.Mail, except: nameof(ServerOptions.ErrorLog));
        foreach (var (number, server) in reader.Settings.Servers)
        {
            server[nameof(ServerOptions.ErrorLog)] ??= mailLog;
            server[nameof(ServerOptions.Source)] = new Setting(server.Where) { Value = server.Where };
            Add($"{OverlayReader.Root}:{OverlayReader.Servers}:{number.ToString(CultureInfo.InvariantCulture)}", server);
        }

        foreach (var (number, group) in reader.Settings.Upstreams)
        {
            group[nameof(UpstreamGroupOptions.Source)] = new Setting(group.Where) { Value = group.Where };
            Add($"{OverlayReader.Root}:{OverlayReader.Upstreams}:{number.ToString(CultureInfo.InvariantCulture)}", group);
        }
    }

    private void Add(string root, SettingLevel level, string? except = null)
    {
        foreach (var (path, setting) in level.All.Where(pair => pair.Key != except))
        {
            var key = $"{root}:{path}";
            if (setting.Value is { } value) Data[key] = value;
            else if (setting.Items.Count == 0) Data[key] = "";
            for (var i = 0; i < setting.Items.Count; i++)
            {
                foreach (var (name, text) in setting.Items[i]) Data[$"{key}:{i}{(name.Length == 0 ? "" : ":" + name)}"] = text;
            }
        }
    }
}
