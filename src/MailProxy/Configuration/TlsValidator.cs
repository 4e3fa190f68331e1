namespace MailProxy.Configuration;

/// <summary>What TLS needs, as far as it can be said without opening a file.</summary>
internal static class TlsValidator
{
    public static void Validate(LoadedServer server, Action<string> error)
    {
        var tls = server.Options.Tls;
        if (Use(server) is not { } use) return;
        if (HasFailed(server, "Tls:Certificate") || HasFailed(server, "Tls:CertificateKey")) return;

        var missing = tls.Certificate.Count == 0 ? "no \"ssl_certificate\" is defined"
            : tls.CertificateKey.Count == 0 ? "no \"ssl_certificate_key\" is defined"
            : tls.CertificateKey.Count < tls.Certificate.Count ? $"no \"ssl_certificate_key\" is defined for certificate \"{tls.Certificate[^1]}\" and"
            : null;
        if (missing is not null) error($"{missing}{(missing.EndsWith(" and", StringComparison.Ordinal) ? "" : " for")} the \"{use.Directive}\" directive in {use.Where}");

        var hasAuthority = !string.IsNullOrEmpty(tls.ClientCertificate) || !string.IsNullOrEmpty(tls.TrustedCertificate);
        if (tls.VerifyClient is ClientVerification.On or ClientVerification.Optional && !hasAuthority) error("no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client");
    }

    /// <summary>The directive that brings TLS to this server; null when none does.</summary>
    private static (string Directive, string Where)? Use(LoadedServer server)
    {
        var listen = server.Settings[nameof(ServerOptions.Listen)]?.Items.FindLast(item => OptionValue.ParseFlag(item.GetValueOrDefault(nameof(MailListenOptions.Ssl), "off")) == true);
        if (listen is not null) return ("listen ... ssl", listen.Where);
        return server.Options.Tls.Starttls == StarttlsMode.Off ? null : ("starttls", server.Settings["Tls:Starttls"]?.Where ?? server.Options.Source);
    }

    private static bool HasFailed(LoadedServer server, string path) => server.Settings[path] is { HasFailed: true };
}
