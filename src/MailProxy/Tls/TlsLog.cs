using Microsoft.Extensions.Logging;

namespace MailProxy.Tls;

/// <summary>Events 130-139 and 190: certificates while the program runs.</summary>
internal static partial class TlsLog
{
    [LoggerMessage(130, LogLevel.Error, "{Message}; the certificates that were loaded before stay in use for server in {Server}", EventName = "CertificatesNotReloaded")]
    public static partial void CertificatesNotReloaded(ILogger logger, string message, string server);

    [LoggerMessage(131, LogLevel.Warning, "certificate \"{Certificate}\" expires on {Date}", EventName = "CertificateExpires")]
    public static partial void CertificateExpires(ILogger logger, string certificate, string date);

    [LoggerMessage(132, LogLevel.Warning, "certificate \"{Certificate}\" has expired on {Date}", EventName = "CertificateExpired")]
    public static partial void CertificateExpired(ILogger logger, string certificate, string date);

    [LoggerMessage(133, LogLevel.Critical, "certificates could not be read again for an error of our own; those that were loaded before stay in use for server in {Server}", EventName = "CertificatesFailed")]
    public static partial void CertificatesFailed(ILogger logger, string server, Exception exception);

    [LoggerMessage(190, LogLevel.Information, "certificates reloaded for server in {Server}", EventName = "CertificatesReloaded")]
    public static partial void CertificatesReloaded(ILogger logger, string server);
}
