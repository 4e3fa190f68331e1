namespace MailProxy.Configuration;

/// <summary>nginx's levels, most severe first.</summary>
internal enum ErrorLogLevel
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
