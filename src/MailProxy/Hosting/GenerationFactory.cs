using MailProxy.Authentication;
using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Observing.Metrics;
using MailProxy.Tls;
using MailProxy.Transport;
using MailProxy.Transport.Tls;
using MailProxy.Upstreams.Routing;
using MailProxy.UserDirectory;
using MailProxy.UserDirectory.Logins;
using Microsoft.Extensions.Logging;

namespace MailProxy.Hosting;

/// <summary>Prepares a configuration that may be put in force: everything that can fail, but for the sockets. Changes nothing that is in force.</summary>
internal sealed class GenerationFactory(MailTransport transport, AuthHttpClient auth, UpstreamTls upstreamTls, UpstreamRouter upstreams, LoginDirectory directory, ProcessMetrics process, LogSinks sinks, ILoggerFactory loggers, TimeProvider time)
{
    /// <param name="options">The configuration.</param>
    /// <param name="previous">The one in force; null at the start.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StartupException">A log, a certificate or an auth server's name is not to be had; nothing stays open.</exception>
    public async Task<Generation> PrepareAsync(MailProxyOptions options, Generation? previous, CancellationToken cancellationToken)
    {
        var certificates = LoadCertificates(options, previous);
        ErrorLogSet? logs = null;
        try
        {
            logs = OpenLogs(options);
            LoadTls(options);
            await ResolveAuthServersAsync(options, cancellationToken);
            return new Generation(options, logs, certificates, upstreams.Prepare(options), process, time) { Users = PrepareUsers(options, logs.Process) };
        }
        catch
        {
            logs?.Dispose();
            certificates.Dispose();
            throw;
        }
    }

    private LoginDirectory.Users PrepareUsers(MailProxyOptions options, ILogger log)
    {
        try
        {
            return directory.Prepare(options, log);
        }
        catch (PassdbException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    private CertificateSet LoadCertificates(MailProxyOptions options, Generation? previous)
    {
        var certificates = new CertificateSet(options, transport.Tls, previous?.Certificates);
        return certificates.Errors.Count == 0 ? certificates : throw new StartupException(certificates.Errors[0]);
    }

    private ErrorLogSet OpenLogs(MailProxyOptions options)
    {
        try
        {
            return new ErrorLogSet(options, sinks, loggers, time);
        }
        catch (IOException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    private void LoadTls(MailProxyOptions options)
    {
        try
        {
            upstreamTls.Load(options.UpstreamTls(), transport.Tls);
        }
        catch (TlsConfigurationException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    private async Task ResolveAuthServersAsync(MailProxyOptions options, CancellationToken cancellationToken)
    {
        foreach (var server in options.Servers.Where(server => server.AuthHttp is { Url.Count: > 0, IsInternal: false }))
        {
            try
            {
                await auth.ResolveAsync(server.AuthHttp, cancellationToken);
            }
            catch (AuthHostException exception)
            {
                throw new StartupException($"{exception.Message} for server in {server.Source}", exception);
            }
        }
    }
}
