namespace MailProxy.Wire;

/// <summary>A command's arguments where spaces part them, cut when asked for: a command costs no memory of its own.</summary>
internal readonly ref struct CommandWords
{
    private readonly ReadOnlySpan<byte> _line;
    private readonly bool _isOneArgument;

    /// <param name="line">What follows the verb.</param>
    /// <param name="isOneArgument">Whether all that follows the first spaces is a single argument.</param>
    public CommandWords(ReadOnlySpan<byte> line, bool isOneArgument)
    {
        _line = line.TrimStart((byte)' ');
        _isOneArgument = isOneArgument;
        if (isOneArgument) Count = _line.IsEmpty ? 0 : 1;
        else for (var rest = _line; !CommandLine.NextWord(ref rest).IsEmpty;) Count++;
    }

    public int Count { get; }

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            if (_isOneArgument) return _line;
            var rest = _line;
            for (; index > 0; index--) CommandLine.NextWord(ref rest);
            return CommandLine.NextWord(ref rest);
        }
    }
}
