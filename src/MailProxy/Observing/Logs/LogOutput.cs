namespace MailProxy.Observing.Logs;

/// <summary>Where the bytes of a log end up. Nobody waits there for whoever reads it; a disk takes the time that it takes.</summary>
internal abstract class LogOutput : IDisposable
{
    /// <summary>Gives it bytes.</summary>
    /// <returns>How many it has taken; 0 where it takes none for now, because its reader is busy or not there yet.</returns>
    /// <exception cref="IOException">It cannot take them; the message is <c>28: No space left on device</c>.</exception>
    public abstract int Write(ReadOnlySpan<byte> bytes);

    /// <summary>Waits until it may take some.</summary>
    /// <returns>False where it still takes none, or has no reader.</returns>
    public virtual bool Wait(TimeSpan limit) => true;

    /// <summary>Whether it is a file, which a line may have been torn in before; else what is there has been read.</summary>
    /// <param name="endsTorn">Whether it ends within a line.</param>
    public virtual bool IsFile(out bool endsTorn) => endsTorn = false;

    /// <summary>Why it has not been opened yet; null where it has.</summary>
    public virtual string? Problem => null;

    /// <exception cref="ErrorLogException">The message is nginx's.</exception>
    public virtual void ChangeOwner(uint user)
    {
    }

    public abstract void Dispose();
}

/// <summary>A stream of .NET, where there is nothing better.</summary>
internal sealed class StreamOutput(Stream stream) : LogOutput
{
    public override int Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            stream.Write(bytes);
            return bytes.Length;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or UnauthorizedAccessException)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    public override void Dispose() => stream.Dispose();
}
