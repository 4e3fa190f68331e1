using Prometheus;

namespace MailProxy.Tls;

/// <summary>When the certificates in use expire.</summary>
internal sealed class CertificateMetrics(IMetricFactory factory)
{
    private readonly Gauge _expiry = factory.CreateGauge("mailproxy_certificate_expiry_timestamp_seconds", "When a certificate in use expires, in seconds since 1970.", ["certificate"]);
    private readonly Lock _gate = new();

    /// <summary>Tells of these certificates and no others.</summary>
    /// <param name="certificates">Names and ends; of one name the nearest end counts.</param>
    public void Publish(IEnumerable<(string Name, DateTimeOffset NotAfter)> certificates)
    {
        lock (_gate)
        {
            var ends = certificates.GroupBy(certificate => certificate.Name, certificate => certificate.NotAfter.ToUnixTimeSeconds()).ToDictionary(name => name.Key, name => name.Min());
            foreach (var labels in _expiry.GetAllLabelValues().Where(labels => !ends.ContainsKey(labels[0])).ToList()) _expiry.RemoveLabelled(labels);
            foreach (var (name, end) in ends) _expiry.WithLabels(name).Set(end);
        }
    }
}
