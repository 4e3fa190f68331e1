using MailProxy.Configuration;

namespace MailProxy.Observing.Logs;

/// <summary>One <c>error_log</c>: where its lines go, and from which level on.</summary>
internal sealed class ErrorLogOptions
{
    /// <summary><c>stderr</c>, the full path of a file, or nginx's <c>syslog:server=…[,facility=…][,severity=…][,tag=…][,nohostname]</c>.</summary>
    public string Target { get; set; } = "stderr";

    /// <summary>The least severe level that is written. Default error.</summary>
    public ErrorLogLevel Level { get; set; } = ErrorLogLevel.Error;
}
