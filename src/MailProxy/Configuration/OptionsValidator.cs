using MailProxy.Authentication;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Tls;

namespace MailProxy.Configuration;

/// <summary>What can only be said once everything is read and inherited, in the order in which nginx says it.</summary>
internal sealed class OptionsValidator(List<ConfigurationMessage> messages)
{
    /// <summary>Checks the servers.</summary>
    /// <param name="servers">The servers.</param>
    /// <param name="isComplete">Whether every source was read to its end: otherwise nothing is missing for certain.</param>
    public void Validate(IReadOnlyList<LoadedServer> servers, bool isComplete)
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

        foreach (var server in servers) AccessLogDirective.CheckFormats(server, messages);
        foreach (var server in servers.Where(SkipsStarttls))
        {
            messages.Add(new ConfigurationMessage(
                ErrorLogLevel.Warn, $"\"starttls only\" does not keep clients that need no authentication (\"smtp_auth none\") from sending mail in plain text, for server in {server.Options.Source}"));
        }
    }

    private void CheckListens(IReadOnlyList<LoadedServer> servers)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in servers.SelectMany(server => server.Settings[nameof(ServerOptions.Listen)]?.Items ?? []))
        {
            var address = item[nameof(MailListenOptions.Address)];
            if (!known.Add(address)) Error($"duplicate \"{address}\" address and port pair in {item.Where}");
        }

        foreach (var server in servers)
        {
            if (server.Options.Listen.Any(listen => listen.Backlog < 1)) Error($"invalid backlog for server in {server.Options.Source}");
        }
    }

    private static bool HasNoListen(LoadedServer server) => server.Options.Listen.Count == 0 && !HasFailed(server, nameof(ServerOptions.Listen));

    private static bool HasNoProtocol(LoadedServer server) =>
        server.Options.Protocol.Length == 0 && server.Options.Listen.Count > 0 && !HasFailed(server, nameof(ServerOptions.Listen)) && !HasFailed(server, nameof(ServerOptions.Protocol));

    private static bool HasNoAuthHttp(LoadedServer server) => server.Options.AuthHttp.Url.Count == 0 && server.Options.Proxy.Pass is null && !HasFailed(server, "AuthHttp:Url") && !HasFailed(server, "Proxy:Pass");

    private static SettingItem? MixedAuthHttp(LoadedServer server) =>
        server.Settings["AuthHttp:Url"] is { Items: { Count: > 1 } items } ? items.Find(item => item[SettingItem.Text] == AuthHttpOptions.Internal) : null;

    private static bool HasNoProxyKey(LoadedServer server) =>
        !string.IsNullOrEmpty(server.Options.ProxyTls.Certificate) && string.IsNullOrEmpty(server.Options.ProxyTls.CertificateKey) && !HasFailed(server, "ProxyTls:CertificateKey");

    private static bool SkipsStarttls(LoadedServer server) =>
        server.Options is { Protocol: "smtp", Tls.Starttls: StarttlsMode.Only } && server.Options.Smtp.Auth.Contains("none");

    private static bool HasFailed(LoadedServer server, string path) => server.Settings[path] is { HasFailed: true };

    private void Error(string text) => messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, text));
}
