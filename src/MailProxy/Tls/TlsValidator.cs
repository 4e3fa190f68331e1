using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Listening;

namespace MailProxy.Tls;

/// <summary>What TLS needs, as far as it can be said without opening a file.</summary>
internal static class TlsValidator
{
    public static void Validate(LoadedBlock<ServerOptions> server, List<ConfigurationMessage> messages)
    {
        var tls = server.Options.Tls;
        if (Use(server) is not { } use) return;
        if (server.Settings.HasFailed("Tls:Certificate") || server.Settings.HasFailed("Tls:CertificateKey")) return;

        var missing = tls.Certificate.Count == 0 ? "no \"ssl_certificate\" is defined"
            : tls.CertificateKey.Count == 0 ? "no \"ssl_certificate_key\" is defined"
            : tls.CertificateKey.Count < tls.Certificate.Count ? $"no \"ssl_certificate_key\" is defined for certificate \"{tls.Certificate[^1]}\" and"
            : null;
        if (missing is not null) Error($"{missing}{(missing.EndsWith(" and", StringComparison.Ordinal) ? "" : " for")} the \"{use.Directive}\" directive in {use.Where}");

        var hasAuthority = !string.IsNullOrEmpty(tls.ClientCertificate) || !string.IsNullOrEmpty(tls.TrustedCertificate);
        if (tls.VerifyClient is ClientVerification.On or ClientVerification.Optional && !hasAuthority) Error("no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client");
        if (tls.CertificateCompression) messages.Add(new ConfigurationMessage(ErrorLogLevel.Warn, "\"ssl_certificate_compression\" is not supported on this platform, ignored"));

        void Error(string text) => messages.Add(new ConfigurationMessage(ErrorLogLevel.Emerg, text));
    }

    /// <summary>The directive that brings TLS to this server; null when none does.</summary>
    private static (string Directive, string Where)? Use(LoadedBlock<ServerOptions> server)
    {
        if (server.Options.Tls.Enabled) return ("ssl", server.Settings["Tls:Enabled"]?.Where ?? server.Options.Source);
        var listen = server.Settings.Items<MailListenOptions>(nameof(ListeningOptions.Listen)).LastOrDefault(listen => listen.Value.Ssl);
        if (listen.Item is { } item) return ("listen ... ssl", item.Where);
        return server.Options.Tls.Starttls == StarttlsMode.Off ? null : ("starttls", server.Settings["Tls:Starttls"]?.Where ?? server.Options.Source);
    }
}
