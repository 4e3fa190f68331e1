using MailProxy.Configuration;
using MailProxy.Observing.Logs;
using MailProxy.Transport;
using MailProxy.Transport.Tls;

namespace MailProxy.Tls;

/// <summary>Certificates for clients, and what TLS towards upstreams needs.</summary>
internal sealed class TlsConfigured(MailTransport transport, UpstreamTls upstreams, CertificateMetrics metrics, TimeProvider time) : IConfigured
{
    public ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken)
    {
        var certificates = new CertificateSet(preparation.Options, transport.Tls, preparation.InForce?.Of<CertificateSet>());
        try
        {
            if (certificates.Errors.Count > 0) throw new StartupException(certificates.Errors[0]);
            upstreams.Load(preparation.Options.UpstreamTls(), transport.Tls);
        }
        catch (Exception exception)
        {
            certificates.Dispose();
            throw exception is TlsConfigurationException ? new StartupException(exception.Message, exception) : exception;
        }

        return ValueTask.FromResult<IPrepared>(new Prepared<CertificateSet>(
            certificates, commit: () => certificates.Watch(metrics, preparation.Of<ErrorLogSet>().Process, time), end: certificates.Dispose));
    }
}
