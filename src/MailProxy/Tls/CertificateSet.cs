using System.Globalization;
using MailProxy.Configuration;
using MailProxy.Listening;
using MailProxy.Transport.Tls;
using Microsoft.Extensions.Logging;

namespace MailProxy.Tls;

/// <summary>The certificates of one configuration. Watched, it follows their files, publishes when they expire, and warns before.</summary>
internal sealed class CertificateSet : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarningInterval = TimeSpan.FromDays(1);
    private static readonly TimeSpan WarningPeriod = TimeSpan.FromDays(14);

    private readonly Dictionary<ServerOptions, TlsCertificates> _servers = [];
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private bool _isOver;
    private DateTimeOffset _nextWarning;

    /// <param name="options">The configuration.</param>
    /// <param name="engine">The engine of the transport.</param>
    /// <param name="previous">Those of the configuration before; their clients' sessions stay good where a server keeps an address.</param>
    public CertificateSet(MailProxyOptions options, ITlsEngine engine, CertificateSet? previous = null)
    {
        var errors = new List<string>();
        foreach (var server in options.Servers)
        {
            if (TlsCertificates.OptionsOf(server) is not { } tls) continue;
            try
            {
                _servers.Add(server, new TlsCertificates(engine, tls, previous?.FindByAddress(server)));
            }
            catch (TlsConfigurationException exception)
            {
                errors.Add(exception.Message);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                errors.Add($"the files of \"ssl_*\" cannot be used for server in {server.Source}: {exception.Message}");
            }
        }

        Errors = [.. errors.Distinct()];
    }

    /// <summary>nginx's text for each file or value that will not do; those servers have no certificates.</summary>
    public IReadOnlyList<string> Errors { get; }

    /// <returns>Null where the server has no TLS.</returns>
    public TlsCertificates? For(ServerOptions server) => _servers.GetValueOrDefault(server);

    /// <summary>Looks at the files from now on, until this is disposed of.</summary>
    /// <param name="metrics">Told when certificates expire.</param>
    /// <param name="log">The process's log.</param>
    /// <param name="time">The clock; its timers must not fire on a loop, where files must not be read.</param>
    public void Watch(CertificateMetrics metrics, ILogger log, TimeProvider time)
    {
        metrics.Publish(Expiries());
        WarnOfExpiry(log, time);
        if (_servers.Count > 0) _timer = time.CreateTimer(_ => Look(metrics, log, time), null, Interval, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _timer?.Dispose();
        }
    }

    private void Look(CertificateMetrics metrics, ILogger log, TimeProvider time)
    {
        lock (_gate)
        {
            if (_isOver) return;
            try
            {
                var hasChanged = false;
                foreach (var (server, certificates) in _servers) hasChanged |= Refresh(server, certificates, log);
                if (hasChanged) metrics.Publish(Expiries());
                if (hasChanged || time.GetUtcNow() >= _nextWarning) WarnOfExpiry(log, time);
            }
            finally
            {
                _timer?.Change(Interval, Timeout.InfiniteTimeSpan);    // only now: a look at a slow disk must not meet the next
            }
        }
    }

    private static bool Refresh(ServerOptions server, TlsCertificates certificates, ILogger log)
    {
        try
        {
            if (!certificates.Refresh()) return false;
            TlsLog.CertificatesReloaded(log, server.Source);
            return true;
        }
        catch (TlsConfigurationException exception)
        {
            TlsLog.CertificatesNotReloaded(log, exception.Message, server.Source);
            return false;
        }
        catch (Exception exception)
        {
            TlsLog.CertificatesFailed(log, server.Source, exception);
            return false;
        }
    }

    private void WarnOfExpiry(ILogger log, TimeProvider time)
    {
        var now = time.GetUtcNow();
        _nextWarning = now + WarningInterval;
        foreach (var (name, end) in Expiries().Distinct())
        {
            var date = end.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
            if (end <= now) TlsLog.CertificateExpired(log, name, date);
            else if (end <= now + WarningPeriod) TlsLog.CertificateExpires(log, name, date);
        }
    }

    private IEnumerable<(string Name, DateTimeOffset NotAfter)> Expiries() =>
        from certificates in _servers.Values
        from certificate in certificates.Context.Certificates
        select (certificate.Source, certificate.NotAfter);

    private TlsCertificates? FindByAddress(ServerOptions server)
    {
        var addresses = server.Listen.Select(listen => listen.Address).ToHashSet();
        return _servers.FirstOrDefault(pair => pair.Key.Listen.Any(listen => addresses.Contains(listen.Address))).Value;
    }
}
