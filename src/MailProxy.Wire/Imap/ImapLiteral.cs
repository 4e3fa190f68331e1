namespace MailProxy.Wire.Imap;

/// <summary>What announces a literal: <c>{n}</c>, whose bytes come after a go-ahead, or <c>{n+}</c>, whose bytes come at once (RFC 7888).</summary>
/// <param name="Length">How many bytes follow; <see cref="long.MaxValue"/> for any number that is larger.</param>
/// <param name="IsSynchronising">Whether the client waits for a go-ahead.</param>
internal readonly record struct ImapLiteral(long Length, bool IsSynchronising)
{
    /// <summary>Looks for one that comes without a go-ahead at the end of a line, whatever stands before it.</summary>
    /// <param name="line">A line without its end.</param>
    /// <returns>How many bytes follow the line; null where none is announced.</returns>
    internal static long? AtEndOf(ReadOnlySpan<byte> line)
    {
        var at = line.LastIndexOf((byte)'{');
        if (at < 0 || Read(line, ref at, out var literal) != ParseStatus.Complete) return null;
        return at < line.Length || literal.IsSynchronising ? null : literal.Length;
    }

    /// <summary>Reads from brace to brace; a missing number is 0, as nginx has it. <c>-</c> is taken for <c>+</c>: no RFC has it, but what follows must not be read as commands.</summary>
    /// <param name="input">The command.</param>
    /// <param name="position">The first brace; becomes what follows the last, or the byte that breaks the grammar.</param>
    /// <param name="literal">What was read.</param>
    internal static ParseStatus Read(ReadOnlySpan<byte> input, ref int position, out ImapLiteral literal)
    {
        literal = default;
        var (length, synchronising) = (0L, true);
        for (position++; position < input.Length; position++)
        {
            var octet = input[position];
            if (octet == '}')
            {
                position++;
                literal = new ImapLiteral(length, synchronising);
                return ParseStatus.Complete;
            }

            if (!synchronising) return ParseStatus.Invalid;
            if (octet is (byte)'+' or (byte)'-') synchronising = false;
            else if (!char.IsAsciiDigit((char)octet)) return ParseStatus.Invalid;
            else length = length > (long.MaxValue - 9) / 10 ? long.MaxValue : length * 10 + octet - '0';
        }

        return ParseStatus.Incomplete;
    }
}
