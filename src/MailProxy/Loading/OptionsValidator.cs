using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Protocols;
using MailProxy.Tls;
using MailProxy.Upstreams;

namespace MailProxy.Loading;

/// <summary>What can only be said once everything is read and inherited, in the order in which nginx says it.</summary>
internal sealed class OptionsValidator(MailProtocols protocols, List<ConfigurationMessage> messages)
{
    /// <summary>Checks the servers.</summary>
    /// <param name="servers">The servers.</param>
    /// <param name="isComplete">Whether every source was read to its end: otherwise nothing is missing for certain.</param>
    public void Validate(IReadOnlyList<LoadedBlock<ServerOptions>> servers, bool isComplete)
    {
        CheckListens(servers);
        if (isComplete)
        {
            foreach (var server in servers.Where(HasNoListen)) Error($"no \"listen\" is defined for server in {server.Options.Source}");
            foreach (var server in servers.Where(HasNoProtocol)) Error($"unknown mail protocol for server in {server.Options.Source}");
            foreach (var server in servers) TlsValidator.Validate(server, messages);
            foreach (var server in servers.Where(HasNoProxyKey)) Error($"no \"proxy_ssl_certificate_key\" is defined for certificate \"{server.Options.ProxyTls.Certificate}\"");
            foreach (var item in servers.Select(MixedAuthHttp).OfType<SettingItem>()) Error($"\"auth_http internal\" excludes every other \"auth_http\" in {item.Where}");
            foreach (var server in servers.Where(HasNoAuthHttp)) Error($"no \"auth_http\" is defined for server in {server.Options.Source}");
        }

        foreach (var server in servers) AccessLogGrammar.CheckFormats(server, messages);
        foreach (var server in servers.Where(SkipsStarttls))
        {
            messages.Add(new ConfigurationMessage(
                ErrorLogLevel.Warn, $"\"starttls only\" does not keep clients that need no authentication (\"{server.Options.Protocol}_auth none\") from sending mail in plain text, for server in {server.Options.Source}"));
        }
    }

    private void CheckListens(IReadOnlyList<LoadedBlock<ServerOptions>> servers)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (listen, item) in servers.SelectMany(server => server.Settings.Items<MailListenOptions>(nameof(ListeningOptions.Listen))))
        {
            if (!known.Add(listen.Text)) Error($"duplicate \"{listen.Text}\" address and port pair in {item.Where}");
        }

        foreach (var server in servers)
        {
            if (server.Options.Listen.Any(listen => listen.Backlog < 1)) Error($"invalid backlog for server in {server.Options.Source}");
        }
    }

    private static bool HasNoListen(LoadedBlock<ServerOptions> server) => server.Options.Listen.Count == 0 && !server.Settings.HasFailed(nameof(ListeningOptions.Listen));

    private static bool HasNoProtocol(LoadedBlock<ServerOptions> server) =>
        server.Options.Protocol.Length == 0 && server.Options.Listen.Count > 0 && !server.Settings.HasFailed(nameof(ListeningOptions.Listen)) && !server.Settings.HasFailed(nameof(ServerOptions.Protocol));

    private static bool HasNoAuthHttp(LoadedBlock<ServerOptions> server) => server.Options.AuthHttp.Url.Count == 0 && server.Options.Proxy.Pass is null && !server.Settings.HasFailed("AuthHttp:Url") && !server.Settings.HasFailed("Proxy:Pass");

    private static SettingItem? MixedAuthHttp(LoadedBlock<ServerOptions> server) =>
        server.Settings["AuthHttp:Url"] is { Items: { Count: > 1 } items } ? items.Find(item => ((AuthHttpUrl)item.Value).IsInternal) : null;

    private static bool HasNoProxyKey(LoadedBlock<ServerOptions> server) =>
        !string.IsNullOrEmpty(server.Options.ProxyTls.Certificate) && string.IsNullOrEmpty(server.Options.ProxyTls.CertificateKey) && !server.Settings.HasFailed("ProxyTls:CertificateKey");

    private bool SkipsStarttls(LoadedBlock<ServerOptions> server) =>
        server.Options.Tls.Starttls == StarttlsMode.Only && protocols.Find(server.Options.Protocol) is { AllowsNone: true } protocol && protocol.MechanismsOf(server.Options).Contains("none");

    private void Error(string text) => messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, text));
}
