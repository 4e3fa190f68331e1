using System.Buffers;
using System.Text;

namespace MailProxy.Observing.Logs;

/// <summary>Writes values into an access log as nginx escapes them.</summary>
internal static class LogEscaping
{
    public static void WriteRaw(IBufferWriter<byte> line, string text) => Encoding.UTF8.GetBytes(text, line);

    public static void Write(IBufferWriter<byte> line, in LogValue value, LogEscape escape)
    {
        if (value.Text is not { } text) line.Write(escape == LogEscape.Default ? "-"u8 : ""u8);
        else if (escape == LogEscape.Default) WriteHex(line, value.Bytes ?? Encoding.UTF8.GetBytes(text));
        else if (escape == LogEscape.Json) WriteJson(line, Encoding.UTF8.GetBytes(text));
        else line.Write(value.Bytes ?? Encoding.UTF8.GetBytes(text));
    }

    private static void WriteHex(IBufferWriter<byte> line, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (value is >= 0x20 and < 0x7F and not ((byte)'"' or (byte)'\\')) Put(line, value);
            else Encoding.ASCII.GetBytes($"\\x{value:X2}", line);
        }
    }

    private static void WriteJson(IBufferWriter<byte> line, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            switch (value)
            {
                case (byte)'"' or (byte)'\\':
                    Put(line, (byte)'\\');
                    Put(line, value);
                    break;
                case (byte)'\n': line.Write("\\n"u8); break;
                case (byte)'\r': line.Write("\\r"u8); break;
                case (byte)'\t': line.Write("\\t"u8); break;
                case (byte)'\b': line.Write("\\b"u8); break;
                case (byte)'\f': line.Write("\\f"u8); break;
                case < 0x20: Encoding.ASCII.GetBytes($"\\u{value:X4}", line); break;
                default: Put(line, value); break;
            }
        }
    }

    private static void Put(IBufferWriter<byte> line, byte value)
    {
        line.GetSpan(1)[0] = value;
        line.Advance(1);
    }
}
