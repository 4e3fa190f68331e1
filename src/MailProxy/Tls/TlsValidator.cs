using MailProxy.Configuration;
using MailProxy.Configuration.Binding;
using MailProxy.Configuration.Grammar;
using MailProxy.Listening;
using MailProxy.Observing.Logs;

namespace MailProxy.Tls;

/// <summary>What TLS needs, as far as it can be said without opening a file.</summary>
internal static class TlsValidator
{
    /// <summary><c>ssl on</c> and <c>starttls</c> of one block exclude each other; nginx speaks of the one that came first.</summary>
    public static void CheckConflict(DirectiveCall call)
    {
        var isLast = call.Path is "Tls:Enabled" or "Tls:Starttls";
        if (!isLast || call.Level["Tls:Enabled"]?.Value is not "true" || call.Level["Tls:Starttls"]?.Value is null or "off") return;
        call.Report.Error(call.Path == "Tls:Enabled" ? "\"starttls\" directive conflicts with \"ssl on\"" : "\"ssl\" directive conflicts with \"starttls\"");
    }

    public static void Validate(LoadedServer server, List<ConfigurationMessage> messages)
    {
        var tls = server.Options.Tls;
        if (Use(server) is not { } use) return;
        if (HasFailed(server, "Tls:Certificate") || HasFailed(server, "Tls:CertificateKey")) return;

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
    private static (string Directive, string Where)? Use(LoadedServer server)
    {
        if (server.Options.Tls.Enabled) return ("ssl", server.Settings["Tls:Enabled"]?.Where ?? server.Options.Source);
        var listen = server.Settings[nameof(ServerOptions.Listen)]?.Items.FindLast(item => OptionValue.ParseFlag(item.GetValueOrDefault(nameof(MailListenOptions.Ssl), "off")) == true);
        if (listen is not null) return ("listen ... ssl", listen.Where);
        return server.Options.Tls.Starttls == StarttlsMode.Off ? null : ("starttls", server.Settings["Tls:Starttls"]?.Where ?? server.Options.Source);
    }

    private static bool HasFailed(LoadedServer server, string path) => server.Settings[path] is { HasFailed: true };
}
