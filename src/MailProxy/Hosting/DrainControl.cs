using MailProxy.Transport;

namespace MailProxy.Hosting;

/// <summary>The end of the program, step by step.</summary>
internal sealed class DrainControl(ListenerSet listeners, SessionGenerations sessions)
{
    /// <summary>Whether a configuration is in force and every socket of it listens.</summary>
    public bool IsListening { get; private set; }

    /// <summary>Whether a graceful shutdown has begun.</summary>
    public bool IsDraining { get; private set; }

    /// <summary><c>worker_shutdown_delay</c> of the configuration in force.</summary>
    public TimeSpan ShutdownDelay => sessions.Current.Options.WorkerShutdownDelay;

    /// <summary>Completes when the last session has ended after <see cref="BeginDrain"/>.</summary>
    public Task SessionsEnded => sessions.Ended;

    /// <summary>The start is over.</summary>
    public void Started() => IsListening = true;

    /// <summary>Not ready any more: a graceful shutdown has begun, and new sessions are still served.</summary>
    public void AnnounceDrain()
    {
        if (IsDraining) return;
        IsDraining = true;
        HostingLog.Draining(sessions.Current.Logs.Process);
    }

    /// <summary>Closes the sockets, sends away whoever has not logged in, and lets the others end.</summary>
    public void BeginDrain()
    {
        AnnounceDrain();
        IsListening = false;
        listeners.Unbind();
        sessions.Drain();
    }

    /// <summary>Closes sockets and sessions at once, without a word.</summary>
    public void StopNow()
    {
        IsDraining = true;
        IsListening = false;
        listeners.Unbind();
        sessions.Abort();
    }
}
