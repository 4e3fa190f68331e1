using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Observing.Logs;
using MailProxy.Tls;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace MailProxy.Hosting;

/// <summary>What shows only when it is tried: whether the logs can be opened, certificates be read and the sockets bound.</summary>
internal static class ConfigurationCheck
{
    /// <returns>What is wrong with the files that <c>ssl_*</c> and <c>proxy_ssl_*</c> directives name; nginx reads them with the configuration.</returns>
    public static IReadOnlyList<string> LoadCertificates(MailProxyOptions options)
    {
        var engine = TlsEngine.For(onLoops: options.Transport == TransportKind.Linux);
        using var certificates = new CertificateSet(options, engine);
        try
        {
            new UpstreamTls().Load(options.UpstreamTls(), engine);
            return certificates.Errors;
        }
        catch (TlsConfigurationException exception)
        {
            return [.. certificates.Errors, exception.Message];
        }
    }

    /// <returns>The files that <c>ssl_*</c> and <c>proxy_ssl_*</c> directives name, which renewals and reloads read again.</returns>
    public static IReadOnlyList<string> FilesOfTls(MailProxyOptions options)
    {
        var clients = options.Servers.Select(TlsCertificates.OptionsOf).OfType<TlsServerOptions>().SelectMany(TlsCertificates.FilesOf);
        var upstreams = options.UpstreamTls().SelectMany(tls => (string?[])[tls.Certificate, tls.CertificateKey, tls.PasswordFile, tls.TrustedCertificate, tls.Crl]);
        return [.. clients.Concat(upstreams.OfType<string>().Where(Path.IsPathRooted)).Distinct()];
    }

    /// <returns>What would keep the program from starting; an address that is in use, perhaps by the running one, does not count.</returns>
    public static IReadOnlyList<string> Run(MailProxyOptions options)
    {
        var failures = new List<string>();
        try
        {
            using var sinks = new LogSinks(TimeProvider.System);
            using var logs = new ErrorLogSet(options, sinks, NullLoggerFactory.Instance, TimeProvider.System);
        }
        catch (ErrorLogException exception)
        {
            failures.AddRange(exception.Errors);
        }

        failures.AddRange(ListenerSet.Check(new ListenTable(options).Sockets).Select(failure => failure.Message));
        return failures;
    }
}
