using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace MailProxy.Wire;

/// <summary>
/// The one writer of protocol lines. What a peer said goes through <see cref="Value"/>, which refuses the bytes that
/// would end a line or a string early; nothing of a line is written before it is known to be safe.
/// </summary>
/// <param name="output">Where the bytes go.</param>
internal readonly struct ReplyWriter(IBufferWriter<byte> output)
{
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create("\r\n\0"u8);

    /// <summary>Whether these bytes may be part of a line: no CR, LF or NUL among them.</summary>
    public static bool IsSafe(ReadOnlySpan<byte> value) => !value.ContainsAny(Forbidden);

    /// <summary>Writes bytes of our own.</summary>
    public ReplyWriter Text(ReadOnlySpan<byte> text)
    {
        output.Write(text);
        return this;
    }

    /// <summary>Writes a text of ours or of the configuration, as UTF-8.</summary>
    public ReplyWriter Text(string text)
    {
        Encoding.UTF8.GetBytes(text, output);
        return this;
    }

    /// <summary>Writes bytes of a peer.</summary>
    /// <exception cref="WireException">They hold CR, LF or NUL; nothing is written.</exception>
    public ReplyWriter Value(ReadOnlySpan<byte> value)
    {
        if (!IsSafe(value)) throw new WireException(WireError.ForbiddenByte);
        output.Write(value);
        return this;
    }

    /// <summary>Writes bytes of a peer as IMAP's quoted string (RFC 9051, section 4.3).</summary>
    /// <exception cref="WireException">They hold CR, LF or NUL; nothing is written.</exception>
    public ReplyWriter Quoted(ReadOnlySpan<byte> value)
    {
        if (!IsSafe(value)) throw new WireException(WireError.ForbiddenByte);
        var span = output.GetSpan(value.Length * 2 + 2);
        var length = 0;
        span[length++] = (byte)'"';
        foreach (var octet in value)
        {
            if (octet is (byte)'"' or (byte)'\\') span[length++] = (byte)'\\';
            span[length++] = octet;
        }

        span[length++] = (byte)'"';
        output.Advance(length);
        return this;
    }

    /// <summary>Writes bytes in base64 (RFC 4648, section 4).</summary>
    public ReplyWriter Base64(ReadOnlySpan<byte> value)
    {
        Base64Encode(value, output.GetSpan(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(value.Length)), out var written);
        output.Advance(written);
        return this;
    }

    /// <summary>Writes a number in decimal digits.</summary>
    public ReplyWriter Number(long value)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(20), out var written);
        output.Advance(written);
        return this;
    }

    /// <summary>Writes bytes in xtext (RFC 3461, section 4): <c>+XX</c> for 0x00-0x20, 0x7F-0xFF, <c>+</c> and <c>=</c>.</summary>
    public ReplyWriter Xtext(ReadOnlySpan<byte> value)
    {
        var span = output.GetSpan(Math.Max(1, value.Length * 3));
        var length = 0;
        foreach (var octet in value)
        {
            if (octet is > 0x20 and < 0x7F and not (byte)'+' and not (byte)'=')
            {
                span[length++] = octet;
                continue;
            }

            span[length++] = (byte)'+';
            span[length++] = Hex(octet >> 4);
            span[length++] = Hex(octet & 15);
        }

        output.Advance(length);
        return this;
    }

    /// <summary>Ends the line with CR LF.</summary>
    public void End() => output.Write("\r\n"u8);

    private static void Base64Encode(ReadOnlySpan<byte> value, Span<byte> destination, out int written) =>
        System.Buffers.Text.Base64.EncodeToUtf8(value, destination, out _, out written);

    private static byte Hex(int digit) => (byte)"0123456789ABCDEF"[digit];
}
