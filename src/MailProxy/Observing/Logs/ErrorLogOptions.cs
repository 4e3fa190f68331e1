namespace MailProxy.Observing.Logs;

/// <summary>One <c>error_log</c>: where its lines go, and from which level on.</summary>
public sealed class ErrorLogOptions
{
    /// <summary><c>stderr</c>, the full path of a file, or nginx's <c>syslog:server=…[,facility=…][,severity=…][,tag=…][,nohostname]</c>.</summary>
    public string Target { get; set; } = "stderr";

    /// <summary>The least severe level that is written. Default error.</summary>
    public ErrorLogLevel Level { get; set; } = ErrorLogLevel.Error;
}

/// <summary>nginx's levels, most severe first.</summary>
public enum ErrorLogLevel
{
    /// <summary>The program cannot start.</summary>
    Emerg = 1,

    /// <summary>A limit of the whole process is reached.</summary>
    Alert,

    /// <summary>A failure that is not any peer's.</summary>
    Crit,

    /// <summary>A peer that we need failed.</summary>
    Error,

    /// <summary>Something is likely to be wrong.</summary>
    Warn,

    /// <summary>Starts, stops, reloads.</summary>
    Notice,

    /// <summary>What clients do.</summary>
    Info,

    /// <summary>Everything.</summary>
    Debug,
}
