namespace MailProxy.Configuration;

/// <summary>One feature's part of a configuration: found by DI, and asked in the order in which they are registered, at a start, a reload and a test alike.</summary>
internal interface IConfigured
{
    /// <summary>Makes everything that the options ask of this feature. May fail, and changes nothing that is in force.</summary>
    /// <param name="preparation">The options, and what the features before this one have made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StartupException">It is not to be had; the message is for the operator.</exception>
    ValueTask<IPrepared> PrepareAsync(Preparation preparation, CancellationToken cancellationToken);
}

/// <summary>What was made. Disposed of where the configuration does not come into force, else once its last session has ended.</summary>
internal interface IPrepared : IAsyncDisposable
{
    /// <summary>Puts it in force. Does not fail, and does not wait.</summary>
    void Commit();
}

/// <summary>What a feature has made, for those behind it.</summary>
/// <param name="value">What it is.</param>
/// <param name="commit">Puts it in force.</param>
/// <param name="undo">Takes it back, where it does not come into force.</param>
/// <param name="end">Ends it, either way.</param>
internal sealed class Prepared<T>(T value, Action? commit = null, Func<ValueTask>? undo = null, Action? end = null) : IPrepared
{
    private bool _isCommitted;

    public T Value => value;

    public void Commit()
    {
        _isCommitted = true;
        commit?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isCommitted && undo is not null) await undo();
        end?.Invoke();
    }
}
