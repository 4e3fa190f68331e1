using System.Buffers;
using System.Buffers.Text;
using System.Text;
using MailProxy.Wire;

namespace MailProxy.Authentication;

/// <summary>The auth_http protocol's headers as bytes: the one place that knows how they are written.</summary>
internal static class AuthHeaders
{
    /// <summary>One header with its value as it is.</summary>
    /// <returns>False, and nothing is written, where the value would break out of its line: it has CR, LF or NUL.</returns>
    public static bool TryWrite(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!ReplyWriter.IsSafe(value) || !ReplyWriter.IsSafe(name)) return false;
        output.Write(name);
        output.Write(": "u8);
        output.Write(value);
        output.Write("\r\n"u8);
        return true;
    }

    /// <inheritdoc cref="TryWrite(IBufferWriter{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static bool TryWrite(IBufferWriter<byte> output, ReadOnlySpan<byte> name, string value) =>
        TryWrite(output, name, Encoding.UTF8.GetBytes(value));

    /// <summary>One header with its value in an encoding that lets it have any byte.</summary>
    public static void WriteEncoded(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, AuthHttpEncoding encoding)
    {
        if (encoding != AuthHttpEncoding.Base64)
        {
            WriteEscaped(output, name, value, encoding == AuthHttpEncoding.Full ? IsUnreserved : IsPlain);
            return;
        }

        output.Write(name);
        output.Write(": "u8);
        var span = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(value.Length));
        Base64.EncodeToUtf8(value, span, out _, out var written);
        output.Advance(written);
        output.Write("\r\n"u8);
    }

    /// <summary>One header with nginx's minimal escaping: 0x00-0x20 and <c>%</c> become <c>%XX</c>, every other byte stays.</summary>
    public static void WriteEscaped(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => WriteEscaped(output, name, value, IsPlain);

    /// <summary>Reads a value of an answer.</summary>
    /// <returns>Null where it is not in this encoding.</returns>
    public static byte[]? Decode(ReadOnlySpan<byte> value, AuthHttpEncoding encoding) => encoding switch
    {
        AuthHttpEncoding.Full => Unescape(value),
        AuthHttpEncoding.Base64 => DecodeBase64(value),
        _ => value.ToArray(),
    };

    /// <summary>Turns every <c>%XX</c> into its byte; a <c>%</c> without two hex digits stays.</summary>
    public static byte[] Unescape(ReadOnlySpan<byte> value)
    {
        var bytes = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            var isEscape = value[i] == '%' && i + 2 < value.Length && char.IsAsciiHexDigit((char)value[i + 1]) && char.IsAsciiHexDigit((char)value[i + 2]);
            bytes[length++] = isEscape ? (byte)((FromHex(value[i + 1]) << 4) | FromHex(value[i + 2])) : value[i];
            if (isEscape) i += 2;
        }

        return bytes[..length];
    }

    private static byte[]? DecodeBase64(ReadOnlySpan<byte> value)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(value.Length)];
        return Base64.DecodeFromUtf8(value, bytes, out _, out var written) == OperationStatus.Done ? bytes[..written] : null;
    }

    private static void WriteEscaped(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Func<byte, bool> stays)
    {
        output.Write(name);
        output.Write(": "u8);
        foreach (var octet in value)
        {
            if (stays(octet))
            {
                output.Write([octet]);
                continue;
            }

            output.Write([(byte)'%', HexDigit(octet >> 4), HexDigit(octet & 15)]);
        }

        output.Write("\r\n"u8);
    }

    private static bool IsPlain(byte octet) => octet > 0x20 && octet != (byte)'%';

    private static bool IsUnreserved(byte octet) => char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~';

    private static int FromHex(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static byte HexDigit(int value) => "0123456789ABCDEF"u8[value];
}
