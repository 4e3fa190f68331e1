namespace MailProxy.Configuration;

/// <summary>A configuration on its way into force, or in force: its options, and what each feature has made of them.</summary>
internal sealed class Preparation : IAsyncDisposable
{
    private readonly List<IPrepared> _parts = [];

    private Preparation(MailProxyOptions options, Preparation? inForce, bool isTrial) => (Options, InForce, IsTrial) = (options, inForce, isTrial);

    public MailProxyOptions Options { get; }

    /// <summary>The configuration in force; null at the start, and once this one is.</summary>
    public Preparation? InForce { get; private set; }

    /// <summary>Whether it is only tried: what would show outside is left out.</summary>
    public bool IsTrial { get; }

    /// <summary>Asks each feature in turn. Where one fails, what those before it have made is given back, the last first, and nothing has changed.</summary>
    /// <exception cref="Exception">What the feature failed with.</exception>
    public static async Task<Preparation> MakeAsync(IEnumerable<IConfigured> features, MailProxyOptions options, Preparation? inForce, bool isTrial, CancellationToken cancellationToken)
    {
        var preparation = new Preparation(options, inForce, isTrial);
        try
        {
            foreach (var feature in features) preparation._parts.Add(await feature.PrepareAsync(preparation, cancellationToken));
            return preparation;
        }
        catch
        {
            await preparation.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a feature before this one has made.</summary>
    /// <exception cref="InvalidOperationException">None has.</exception>
    public T Of<T>() => _parts.OfType<Prepared<T>>().Single().Value;

    /// <summary>Puts all in force.</summary>
    /// <param name="failed">Told of what must not happen: a part whose commit fails. The others are committed all the same.</param>
    public void Commit(Action<Exception> failed)
    {
        foreach (var part in _parts)
        {
            try
            {
                part.Commit();
            }
            catch (Exception exception)
            {
                failed(exception);
            }
        }

        InForce = null;
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _parts.Count - 1; i >= 0; i--) await _parts[i].DisposeAsync();
        _parts.Clear();
    }
}
