using System.Runtime.CompilerServices;
using System.Text;

namespace MailProxy.Wire.Imap;

/// <summary>The arguments of one command: atoms, quoted strings and literals. Those of ID are only counted.</summary>
/// <param name="input">All that the client sent of the command.</param>
/// <param name="limit">The most bytes that the command may take.</param>
internal ref struct ImapArguments(ReadOnlySpan<byte> input, int limit)
{
    // Of ID (RFC 2971, section 3.3).
    private const int MostPairs = 30;
    private const int LongestField = 30;
    private const int LongestValue = 1024;

    private readonly ReadOnlySpan<byte> _input = input;
    private ImapStrings _strings = new(input, limit);
    private Places _places;

    public int Count { get; private set; }

    /// <summary>How many synchronising literals were announced, and not refused.</summary>
    public readonly int Literals => _strings.Literals;

    public readonly WireArgument this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var place = _places[index];
            return new WireArgument(_input.Slice(place.Start, place.Length), place.Escapes > 0);
        }
    }

    /// <summary>Reads all of them and the end of the line.</summary>
    /// <param name="position">Behind the verb; becomes the beginning of the next command, or the byte that breaks the grammar.</param>
    public ParseStatus Read(ref int position)
    {
        while (true)
        {
            SkipSpaces(ref position);
            if (position == _input.Length) return ParseStatus.Incomplete;
            if (_input[position] is (byte)'\r' or (byte)'\n') return _strings.ReadLineEnd(ref position);
            if (Count == Places.Most) return ParseStatus.Invalid;
            ParseStatus status;
            ImapString value;
            switch (_input[position])
            {
                case (byte)'"':
                    status = _strings.ReadQuoted(ref position, out value);
                    break;
                case (byte)'{':
                    status = _strings.ReadLiteral(ref position, int.MaxValue, out value);
                    if (status == ParseStatus.Complete && _input[position] is not ((byte)' ' or (byte)'\r' or (byte)'\n')) return ParseStatus.Invalid;
                    break;
                default:
                    status = ReadAtom(ref position, out value);
                    break;
            }

            if (status != ParseStatus.Complete) return status;
            _places[Count++] = value;
        }
    }

    /// <summary>Reads those of ID: NIL, or names and values in parentheses.</summary>
    /// <param name="position">As in <see cref="Read"/>.</param>
    public ParseStatus ReadId(ref int position)
    {
        SkipSpaces(ref position);
        if (position == _input.Length) return ParseStatus.Incomplete;
        var status = _input[position] == '(' ? ReadPairs(ref position) : ReadNil(ref position);
        if (status != ParseStatus.Complete) return status;
        SkipSpaces(ref position);
        return _strings.ReadLineEnd(ref position);
    }

    private ParseStatus ReadPairs(ref int position)
    {
        position++;
        for (var strings = 0; ; strings++)
        {
            SkipSpaces(ref position);
            if (position == _input.Length) return ParseStatus.Incomplete;
            var isName = strings % 2 == 0;
            if (isName && _input[position] == ')')
            {
                position++;
                return ParseStatus.Complete;
            }

            if (strings == 2 * MostPairs) return ParseStatus.Invalid;
            var longest = isName ? LongestField : LongestValue;
            ImapString value = default;
            var status = _input[position] switch
            {
                (byte)'"' => _strings.ReadQuoted(ref position, out value),
                (byte)'{' => _strings.ReadLiteral(ref position, longest, out value),
                _ => isName ? ParseStatus.Invalid : ReadNil(ref position),
            };
            if (status == ParseStatus.Complete && value.ValueLength > longest) status = ParseStatus.Invalid;
            if (status != ParseStatus.Complete) return status;
        }
    }

    private readonly ParseStatus ReadNil(ref int position)
    {
        var nil = "NIL"u8;
        var rest = _input[position..];
        if (!Ascii.EqualsIgnoreCase(rest[..Math.Min(rest.Length, nil.Length)], nil[..Math.Min(rest.Length, nil.Length)])) return ParseStatus.Invalid;
        if (rest.Length < nil.Length) return ParseStatus.Incomplete;
        position += nil.Length;
        return ParseStatus.Complete;
    }

    private readonly ParseStatus ReadAtom(ref int position, out ImapString value)
    {
        value = default;
        var length = _input[position..].IndexOfAny(" \r\n"u8);
        if (length < 0) return ParseStatus.Incomplete;
        value = new ImapString(position, length, 0);
        position += length;
        return ParseStatus.Complete;
    }

    private readonly void SkipSpaces(ref int position)
    {
        while (position < _input.Length && _input[position] == ' ') position++;
    }

    [InlineArray(Most)]
    private struct Places
    {
        public const int Most = 3;
        private ImapString _first;
    }
}
