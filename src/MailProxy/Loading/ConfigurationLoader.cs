using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Stores;

namespace MailProxy.Loading;

/// <summary>The one way to a configuration: file, <c>-g</c>, and <c>Mail:…</c> keys become one set of options, checked as a whole.</summary>
internal static class ConfigurationLoader
{
    /// <summary>Loads a configuration. May block, for files and for the system resolver; what is wrong is in the messages.</summary>
    public static ConfigurationResult Load(ConfigurationRequest request) => Load(request, LoadContext.SystemLookup, Environment.IsPrivilegedProcess);

    /// <summary>Loads a configuration on a machine with these names and rights.</summary>
    public static ConfigurationResult Load(ConfigurationRequest request, HostLookup lookup, bool isPrivileged)
    {
        var (schema, protocols, messages) = (request.Features.Schema, request.Features.Protocols, new List<ConfigurationMessage>());
        var context = new LoadContext(Path.GetDirectoryName(request.ConfPath) ?? request.Prefix, request.Prefix, lookup) { IsPrivileged = isPrivileged, Protocols = [.. protocols.All.Select(protocol => protocol.Name)] };
        var conf = new ConfReader(schema, context, messages);
        if (request.GlobalDirectives is { } directives) conf.ReadGlobal(directives);

        var overlay = request.Overlay;
        var isFileNeeded = overlay is null || !overlay.GetSection($"{OverlayReader.Root}:{OverlayReader.Servers}").GetChildren().Any();
        if (request.ConfPath is { } path && (isFileNeeded || File.Exists(path))) conf.ReadMain(path);
        else if (isFileNeeded) messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, "no configuration: neither a file nor \"Mail:Servers\""));

        var settings = conf.Settings;
        if (overlay is not null)
        {
            var keys = new OverlayReader(schema, context with { ZoneSizes = [] }, messages).Read(overlay);
            UserGrammar.CheckKeys(keys.Main, context, messages);
            settings.Overlay(keys);
        }

        var loader = new OptionsLoader(schema);
        var options = loader.Load(settings);
        LateDefaults.Apply(loader, protocols);
        if (options.Passdb.Count == 0 && options.Servers.Any(server => server.AuthHttp.IsInternal)) options.Passdb.Add(EmbeddedUsers(context));
        new OptionsValidator(protocols, messages).Validate(loader.Servers, conf.IsComplete);
        var upstreams = new UpstreamValidator(protocols, lookup, messages);
        upstreams.Validate(loader, conf.IsComplete);
        if (conf.IsComplete) foreach (var passdb in options.Passdb) upstreams.ValidatePassdb(passdb);
        if (conf.IsComplete) upstreams.ValidateProofs(loader.Servers, options.Passdb);
        SkippedListenCheck.Warn(loader.Servers, conf.SkippedBlocks, context, messages);

        var all = messages.Distinct().ToList();
        var hasFailed = all.Exists(message => message.Level == ErrorLogLevel.Emerg);
        return new ConfigurationResult { Options = hasFailed ? null : options, Messages = all, Files = conf.Files };
    }

    /// <summary>Whom <c>auth_http internal</c> asks where no <c>passdb</c> is written.</summary>
    private static PassdbOptions EmbeddedUsers(LoadContext context) => new() { Driver = "sqlite", Path = context.BelowPrefix("users.db"), Source = "auth_http internal" };
}
