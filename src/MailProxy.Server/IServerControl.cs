namespace MailProxy.Server;

/// <summary>What signals can do to the running program.</summary>
internal interface IServerControl
{
    /// <summary>The log of the configuration in force.</summary>
    ILogger Log { get; }

    /// <summary>Completes when the last session has ended after <see cref="BeginDrain"/>.</summary>
    Task SessionsEnded { get; }

    /// <summary>Reads the configuration again and puts it in force; a bad one changes nothing.</summary>
    Task ReloadAsync();

    /// <summary>Opens the log files by their names again.</summary>
    void ReopenLogs();

    /// <summary>How long new sessions are served after <see cref="AnnounceDrain"/>.</summary>
    TimeSpan ShutdownDelay { get; }

    /// <summary>Tells probes that the program is not ready any more.</summary>
    void AnnounceDrain();

    /// <summary>Closes the listeners; sessions may end by themselves.</summary>
    void BeginDrain();

    /// <summary>Closes listeners and sessions.</summary>
    void StopNow();

    /// <summary>Lets the process end.</summary>
    void End();
}
