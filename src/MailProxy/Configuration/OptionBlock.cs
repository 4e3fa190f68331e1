namespace MailProxy.Configuration;

/// <summary>The options of one block, feature by feature. Each feature keeps its own in a section, which the block knows by nothing but its type.</summary>
internal abstract class OptionBlock
{
    private static int _slots;

    private readonly Lock _gate = new();
    private object?[] _sections = [];

    /// <summary>A feature's options. Its defaults where nothing was set.</summary>
    public T Of<T>() where T : class, new() => Find<T>() ?? Add<T>();

    /// <summary>A feature's options; null where nothing was set.</summary>
    public T? Find<T>() where T : class
    {
        var (sections, slot) = (_sections, Slot<T>.Index);
        return slot < sections.Length ? (T?)sections[slot] : null;
    }

    /// <summary>Puts a feature's options in place of those before; null takes them away.</summary>
    public void Set<T>(T? section) where T : class
    {
        lock (_gate)
        {
            var sections = new object?[Math.Max(_sections.Length, Slot<T>.Index + 1)];
            _sections.CopyTo(sections, 0);
            sections[Slot<T>.Index] = section;
            _sections = sections;
        }
    }

    private T Add<T>() where T : class, new()
    {
        lock (_gate)
        {
            if (Find<T>() is null) Set(new T());
            return Find<T>()!;
        }
    }

    /// <summary>An index rather than a hash: sessions ask for their options at each command.</summary>
    private static class Slot<T>
    {
        public static readonly int Index = Interlocked.Increment(ref _slots) - 1;
    }
}
