using System.Buffers;
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

    /// <summary>One header with nginx's minimal escaping: 0x00-0x20 and <c>%</c> become <c>%XX</c>, every other byte stays.</summary>
    public static void WriteEscaped(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        output.Write(name);
        output.Write(": "u8);
        foreach (var octet in value)
        {
            if (octet > 0x20 && octet != (byte)'%')
            {
                output.Write([octet]);
                continue;
            }

            output.Write([(byte)'%', HexDigit(octet >> 4), HexDigit(octet & 15)]);
        }

        output.Write("\r\n"u8);
    }

    private static byte HexDigit(int value) => "0123456789ABCDEF"u8[value];
}
