using System.Buffers;

namespace MailProxy.Authentication;

/// <summary>How far the answer is understood.</summary>
internal enum AuthResponseProgress
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>The blank line was read.</summary>
    Complete,

    /// <summary>The status line is broken.</summary>
    InvalidStatusLine,

    /// <summary>A header is broken, or its value has control bytes.</summary>
    InvalidHeader,

    /// <summary>The header section is longer than <see cref="AuthResponseParser.Limit"/>.</summary>
    TooLong,

    /// <summary>The server closed the connection before the blank line.</summary>
    ClosedEarly,
}

/// <summary>
/// Reads the header section of an auth server's answer byte by byte, however it is cut, with nginx's state machine:
/// the status line may be missing, its content does not count, names end at a colon or the line's end.
/// </summary>
internal sealed class AuthResponseParser
{
    /// <summary>Bytes of the header section at most. nginx has 1024, which long answers overrun.</summary>
    public const int Limit = 16 * 1024;

    private const int LongestName = 64;
    private static readonly byte[] StatusPrefix = "HTTP/"u8.ToArray();

    private readonly byte[] _name = new byte[LongestName];
    private readonly ArrayBufferWriter<byte> _value = new(64);
    private State _state = State.StatusPrefix;
    private int _nameLength;
    private int _prefixMatched;
    private int _spaces;
    private int _total;

    private enum State
    {
        StatusPrefix,
        StatusRest,
        StatusLineFeed,
        LineStart,
        Name,
        BeforeValue,
        Value,
        HeaderLineFeed,
        LastLineFeed,
    }

    /// <summary>What the headers said. Meaningful once <see cref="AuthResponseProgress.Complete"/>.</summary>
    public AuthResponse Response { get; } = new();

    /// <summary>Bytes read so far; once <see cref="AuthResponseProgress.Complete"/>, the length of the header section.</summary>
    public int Length => _total;

    /// <summary>Takes the next bytes. What comes behind the blank line is not looked at.</summary>
    public AuthResponseProgress Read(ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
        {
            var progress = Read(segment.Span);
            if (progress != AuthResponseProgress.Incomplete) return progress;
        }

        return AuthResponseProgress.Incomplete;
    }

    /// <inheritdoc cref="Read(ReadOnlySequence{byte})"/>
    public AuthResponseProgress Read(ReadOnlySpan<byte> bytes)
    {
        foreach (var octet in bytes)
        {
            if (++_total > Limit) return AuthResponseProgress.TooLong;
            var progress = Take(octet);
            if (progress != AuthResponseProgress.Incomplete) return progress;
        }

        return AuthResponseProgress.Incomplete;
    }

    private AuthResponseProgress Take(byte octet) => _state switch
    {
        State.StatusPrefix => TakeStatusPrefix(octet),
        State.StatusRest => TakeStatusRest(octet),
        State.StatusLineFeed => octet == '\n' ? Go(State.LineStart) : AuthResponseProgress.InvalidStatusLine,
        State.LineStart => TakeLineStart(octet),
        State.Name => TakeName(octet),
        State.BeforeValue => octet == ' ' ? Go(State.BeforeValue) : TakeValue(octet),
        State.Value => TakeValue(octet),
        State.HeaderLineFeed => octet == '\n' ? EndHeader() : AuthResponseProgress.InvalidHeader,
        _ => octet == '\n' ? AuthResponseProgress.Complete : AuthResponseProgress.InvalidHeader,
    };

    private AuthResponseProgress TakeStatusPrefix(byte octet)
    {
        if (octet == StatusPrefix[_prefixMatched])
            return ++_prefixMatched == StatusPrefix.Length ? Go(State.StatusRest) : AuthResponseProgress.Incomplete;

        // No status line at all: these were the first bytes of a header.
        _state = State.LineStart;
        foreach (var earlier in StatusPrefix.AsSpan(0, _prefixMatched)) Take(earlier);
        return Take(octet);
    }

    private AuthResponseProgress TakeStatusRest(byte octet) => octet switch
    {
        (byte)'\r' => Go(State.StatusLineFeed),
        (byte)'\n' => Go(State.LineStart),
        _ => AuthResponseProgress.Incomplete,
    };

    private AuthResponseProgress TakeLineStart(byte octet)
    {
        if (octet == '\r') return Go(State.LastLineFeed);
        if (octet == '\n') return AuthResponseProgress.Complete;
        if (!char.IsAsciiLetterOrDigit((char)octet)) return AuthResponseProgress.InvalidHeader;
        _nameLength = 0;
        _spaces = 0;
        _value.ResetWrittenCount();
        AppendToName(octet);
        return Go(State.Name);
    }

    private AuthResponseProgress TakeName(byte octet)
    {
        if (octet == ':') return Go(State.BeforeValue);
        if (octet is (byte)'\r' or (byte)'\n') return TakeValue(octet);
        if (octet != '-' && !char.IsAsciiLetterOrDigit((char)octet)) return AuthResponseProgress.InvalidHeader;
        AppendToName(octet);
        return AuthResponseProgress.Incomplete;
    }

    private AuthResponseProgress TakeValue(byte octet)
    {
        if (octet == '\r') return Go(State.HeaderLineFeed);
        if (octet == '\n') return EndHeader();
        _state = State.Value;
        if (octet == ' ')
        {
            _spaces++;
            return AuthResponseProgress.Incomplete;
        }

        if (octet is < 0x20 and not (byte)'\t' or 0x7F) return AuthResponseProgress.InvalidHeader;
        // Spaces belong to the value only when something follows them.
        for (; _spaces > 0; _spaces--) _value.Write(" "u8);
        _value.Write([octet]);
        return AuthResponseProgress.Incomplete;
    }

    private AuthResponseProgress EndHeader()
    {
        // A name that fills the buffer is longer than any that is known.
        if (_nameLength < LongestName) Response.Set(_name.AsSpan(0, _nameLength), _value.WrittenSpan);
        return Go(State.LineStart);
    }

    private void AppendToName(byte octet)
    {
        if (_nameLength < LongestName) _name[_nameLength++] = octet;
    }

    private AuthResponseProgress Go(State state)
    {
        _state = state;
        return AuthResponseProgress.Incomplete;
    }
}
