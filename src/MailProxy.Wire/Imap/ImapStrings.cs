namespace MailProxy.Wire.Imap;

/// <summary>Where a string of a command stands in the input, and how many backslashes escape something in it.</summary>
internal readonly record struct ImapString(int Start, int Length, int Escapes)
{
    /// <summary>The bytes that it stands for.</summary>
    public int ValueLength => Length - Escapes;
}

/// <summary>Reads the strings and line ends of one command.</summary>
/// <param name="input">All that the client sent of the command.</param>
/// <param name="limit">The most bytes that the command may take.</param>
internal ref struct ImapStrings(ReadOnlySpan<byte> input, int limit)
{
    private readonly ReadOnlySpan<byte> _input = input;
    private readonly int _limit = limit;

    /// <summary>How many synchronising literals were announced, and not refused.</summary>
    public int Literals { get; private set; }

    /// <summary>Reads what stands between quotes. A line end within is none of it (RFC 9051).</summary>
    public readonly ParseStatus ReadQuoted(ref int position, out ImapString value)
    {
        value = default;
        var start = ++position;
        for (var escapes = 0; ; escapes++)
        {
            var length = _input[position..].IndexOfAny("\"\\\r\n"u8);
            if (length < 0) return ParseStatus.Incomplete;
            position += length;
            if (_input[position] == '"')
            {
                value = new ImapString(start, position++ - start, escapes);
                return ParseStatus.Complete;
            }

            if (_input[position] != '\\') return ParseStatus.Invalid;
            if (++position == _input.Length) return ParseStatus.Incomplete;
            if (_input[position] is (byte)'\r' or (byte)'\n') return ParseStatus.Invalid;
            position++;
        }
    }

    /// <summary>Reads <c>{n}</c>, a line end, and n bytes. One that does not fit breaks the grammar, and <paramref name="position"/> stays on its line.</summary>
    /// <param name="position">The brace.</param>
    /// <param name="longest">The most bytes that it may have; what does not fit into the command is too long in any case.</param>
    /// <param name="value">The bytes.</param>
    public ParseStatus ReadLiteral(ref int position, int longest, out ImapString value)
    {
        value = default;
        var at = position;
        var status = ImapLiteral.Read(_input, ref at, out var literal);
        if (status == ParseStatus.Complete)
        {
            status = ReadLineEnd(ref at);
            if (status == ParseStatus.Complete && (literal.Length > longest || literal.Length >= _limit - at)) return ParseStatus.Invalid;
        }

        position = at;
        if (status != ParseStatus.Complete) return status;
        if (literal.IsSynchronising) Literals++;
        if (_input.Length - position <= literal.Length) return ParseStatus.Incomplete;
        value = new ImapString(position, (int)literal.Length, 0);
        position += value.Length;
        return ParseStatus.Complete;
    }

    public readonly ParseStatus ReadLineEnd(ref int position)
    {
        if (position < _input.Length && _input[position] == '\r') position++;
        if (position == _input.Length) return ParseStatus.Incomplete;
        if (_input[position] != '\n') return ParseStatus.Invalid;
        position++;
        return ParseStatus.Complete;
    }
}
