namespace MailProxy.Server;

/// <summary>The signals that mean something, by the system's numbers. <c>-s</c> sends four of them.</summary>
internal enum ProcessSignal
{
    /// <summary>HUP: reads the configuration again.</summary>
    Reload = 1,

    /// <summary>INT: ends everything at once.</summary>
    Interrupt = 2,

    /// <summary>QUIT: ends when the sessions have ended.</summary>
    Quit = 3,

    /// <summary>USR1: opens the log files again.</summary>
    Reopen = 10,

    /// <summary>USR2: nginx's change of binary, which there is not. Taken, because it would end the process.</summary>
    Upgrade = 12,

    /// <summary>TERM: ends everything at once.</summary>
    Stop = 15,
}
