using MailProxy.Configuration;

namespace MailProxy.Observing.Logs;

/// <summary>Where lines go. Writing never makes a session wait for a disk, a pipe or a network.</summary>
internal abstract class LogSink : IDisposable
{
    /// <summary>How many logs of all configurations use it; kept by <see cref="LogSinks"/>.</summary>
    internal int Users { get; set; }

    /// <summary>Told of the lines that are lost; null where nobody counts them.</summary>
    internal LogLosses? Losses { get; set; }

    /// <summary>Why nothing can be written for now; null where it can.</summary>
    public virtual string? Problem => null;

    /// <param name="line">A whole line with its LF.</param>
    /// <param name="level">Its level.</param>
    /// <param name="now">The time in it.</param>
    public abstract void Write(ReadOnlySpan<byte> line, ErrorLogLevel level, DateTimeOffset now);

    /// <summary>Opens the file by its name again: the one that is open may have been moved away. What cannot be opened stays as it is.</summary>
    /// <exception cref="ErrorLogException">The message is nginx's.</exception>
    public virtual void Reopen()
    {
    }

    /// <summary>Gives the file to an account, so that it can be opened again when the process runs under that account.</summary>
    /// <exception cref="ErrorLogException">The message is nginx's.</exception>
    public virtual void ChangeOwner(uint user)
    {
    }

    /// <summary>Writes what is still to be written.</summary>
    public abstract void Dispose();
}
