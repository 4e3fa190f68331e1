namespace MailProxy.Wire.Imap;

/// <summary>
/// Reads the rest of an invalid command that goes on behind a literal, so that none of it is taken for a command, and
/// keeps nothing of it (RFC 7888, section 4).
/// </summary>
internal struct ImapSkipper
{
    /// <summary>The most bytes of one command that are skipped; a client that announces more is better hung up on.</summary>
    public const int Most = 65_536;

    private long _literal;
    private int _skipped;

    /// <summary>Whether the command has not ended yet.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Begins behind a line that announces a literal.</summary>
    /// <returns>False where it is too much to skip.</returns>
    public bool TryBegin(long literal)
    {
        (_skipped, IsActive) = (0, false);
        return TryAnnounce(literal);
    }

    /// <summary>Takes what there is of the literal, or the line behind it.</summary>
    /// <param name="input">The unread bytes.</param>
    /// <param name="consumed">How much is done with.</param>
    /// <returns><see cref="ParseStatus.Complete"/> at the command's end, <see cref="ParseStatus.Invalid"/> where it is too much to skip.</returns>
    public ParseStatus Skip(ReadOnlySpan<byte> input, out int consumed)
    {
        if (_literal > 0)
        {
            consumed = (int)Math.Min(_literal, input.Length);
            _literal -= consumed;
            return ParseStatus.Incomplete;
        }

        if (!CommandLine.TryRead(input, out var line, out consumed)) return ParseStatus.Incomplete;
        _skipped += consumed;
        if (ImapLiteral.AtEndOf(line) is { } literal) return TryAnnounce(literal) ? ParseStatus.Incomplete : ParseStatus.Invalid;
        IsActive = false;
        return ParseStatus.Complete;
    }

    private bool TryAnnounce(long literal)
    {
        IsActive = literal <= Most - _skipped;
        if (!IsActive) return false;
        _literal = literal;
        _skipped += (int)literal;
        return true;
    }
}
