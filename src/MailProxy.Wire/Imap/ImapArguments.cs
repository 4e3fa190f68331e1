using System.Runtime.CompilerServices;

namespace MailProxy.Wire.Imap;

/// <summary>The arguments of one command: atoms, quoted strings and literals.</summary>
/// <param name="input">All that the client sent of the command.</param>
internal ref struct ImapArguments(ReadOnlySpan<byte> input)
{
    /// <summary>nginx's guard against overflow; what no buffer holds fails as too long.</summary>
    private const ulong LiteralLimit = ulong.MaxValue / 10;

    private readonly ReadOnlySpan<byte> _input = input;
    private Places _places;

    public int Count { get; private set; }

    /// <summary>How many synchronising literals were announced.</summary>
    public int Literals { get; private set; }

    public readonly WireArgument this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var place = _places[index];
            return new WireArgument(_input.Slice(place.Start, place.Length), place.Escaped);
        }
    }

    /// <summary>Reads all of them and the end of the line.</summary>
    /// <param name="position">Behind the verb; becomes the beginning of the next command, or the byte that breaks the grammar.</param>
    public ParseStatus Read(ref int position)
    {
        while (true)
        {
            while (position < _input.Length && _input[position] == ' ') position++;
            if (position == _input.Length) return ParseStatus.Incomplete;
            if (_input[position] is (byte)'\r' or (byte)'\n') return ReadLineEnd(ref position);
            if (Count == Places.Most) return ParseStatus.Invalid;
            var status = _input[position] switch
            {
                (byte)'"' => ReadQuoted(ref position),
                (byte)'{' => ReadLiteral(ref position),
                _ => ReadAtom(ref position),
            };
            if (status != ParseStatus.Complete) return status;
        }
    }

    private readonly ParseStatus ReadLineEnd(ref int position)
    {
        if (_input[position] == '\r') position++;
        if (position == _input.Length) return ParseStatus.Incomplete;
        if (_input[position] != '\n') return ParseStatus.Invalid;
        position++;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadAtom(ref int position)
    {
        var length = _input[position..].IndexOfAny(" \r\n"u8);
        if (length < 0) return ParseStatus.Incomplete;
        Add(position, length, escaped: false);
        position += length;
        return ParseStatus.Complete;
    }

    private ParseStatus ReadQuoted(ref int position)
    {
        var start = ++position;
        for (var escaped = false; ; escaped = true)
        {
            var length = _input[position..].IndexOfAny("\"\\\r\n"u8);
            if (length < 0) return ParseStatus.Incomplete;
            position += length;
            if (_input[position] == '"')
            {
                Add(start, position++ - start, escaped);
                return ParseStatus.Complete;
            }

            if (_input[position] != '\\') return ParseStatus.Invalid;
            if (++position == _input.Length) return ParseStatus.Incomplete;
            if (_input[position] is (byte)'\r' or (byte)'\n') return ParseStatus.Invalid;
            position++;
        }
    }

    private ParseStatus ReadLiteral(ref int position)
    {
        position++;
        var status = ReadLiteralHeader(ref position, out var length, out var synchronising);
        if (status != ParseStatus.Complete) return status;
        if (synchronising) Literals++;
        if ((ulong)(_input.Length - position) <= length) return ParseStatus.Incomplete;
        Add(position, (int)length, escaped: false);
        position += (int)length;
        return _input[position] is (byte)' ' or (byte)'\r' or (byte)'\n' ? ParseStatus.Complete : ParseStatus.Invalid;
    }

    /// <summary>Reads <c>n}</c> or <c>n+}</c> and the line end; a missing number is 0, as nginx has it.</summary>
    private readonly ParseStatus ReadLiteralHeader(ref int position, out ulong length, out bool synchronising)
    {
        (length, synchronising) = (0, true);
        for (; position < _input.Length; position++)
        {
            var octet = _input[position];
            if (octet == '}')
            {
                if (++position == _input.Length) return ParseStatus.Incomplete;
                return ReadLineEnd(ref position);
            }

            if (!synchronising) return ParseStatus.Invalid;
            if (octet == '+') synchronising = false;
            else if (!char.IsAsciiDigit((char)octet) || length > LiteralLimit / 10) return ParseStatus.Invalid;
            else length = length * 10 + octet - '0';
            if (length > LiteralLimit) return ParseStatus.Invalid;
        }

        return ParseStatus.Incomplete;
    }

    private void Add(int start, int length, bool escaped) => _places[Count++] = new Place(start, length, escaped);

    private readonly record struct Place(int Start, int Length, bool Escaped);

    [InlineArray(Most)]
    private struct Places
    {
        public const int Most = 3;
        private Place _first;
    }
}
