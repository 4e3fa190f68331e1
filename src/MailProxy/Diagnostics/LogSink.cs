using MailProxy.Configuration;

namespace MailProxy.Diagnostics;

/// <summary>Where lines go. Writing never waits for a disk or a network: a background thread does.</summary>
internal abstract class LogSink : IDisposable
{
    /// <summary>How many logs of all configurations use it; kept by <see cref="LogSinks"/>.</summary>
    internal int Users { get; set; }

    /// <param name="line">A whole line with its LF.</param>
    /// <param name="level">Its level.</param>
    public abstract void Write(byte[] line, ErrorLogLevel level);

    /// <summary>Opens the file anew (USR1): the old one may have been moved away.</summary>
    public virtual void Reopen()
    {
    }

    public abstract void Dispose();
}
