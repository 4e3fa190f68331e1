using System.Globalization;
using System.Text;

namespace MailProxy.Wire;

/// <summary>Bytes of a peer as text that is safe in a log line.</summary>
internal static class PeerText
{
    /// <summary>UTF-8 stays readable; control bytes, DEL, <c>"</c>, <c>\</c> and bytes that are not UTF-8 become <c>\xHH</c> in upper case, as nginx's access log escapes them.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) == System.Buffers.OperationStatus.Done;
            if (valid && !Rune.IsControl(rune) && rune.Value is not ('"' or '\\')) text.Append(rune.ToString());
            else foreach (var value in bytes[..consumed]) text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
            bytes = bytes[consumed..];
        }

        return text.ToString();
    }
}
