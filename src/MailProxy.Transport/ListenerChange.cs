namespace MailProxy.Transport;

/// <summary>Sockets that are open and do not accept yet: committed they replace those that listen, else they are closed. Used by one.</summary>
internal sealed class ListenerChange : IDisposable
{
    private readonly Action _commit;
    private readonly Action _undo;
    private Action? _end;

    internal ListenerChange(Action commit, Action undo, Action end) => (_commit, _undo, _end) = (commit, undo, end);

    /// <summary>Accepts on them from now on, and closes what is gone. Once, and not behind <see cref="Dispose"/>.</summary>
    public void Commit() => End(_commit);

    /// <summary>Closes them, unless they are committed.</summary>
    public void Dispose() => End(_undo);

    private void End(Action how)
    {
        if (Interlocked.Exchange(ref _end, null) is not { } end) return;
        try
        {
            how();
        }
        finally
        {
            end();
        }
    }
}
