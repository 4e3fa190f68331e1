namespace MailProxy.Wire;

/// <summary>Base64 as clients send it in SASL, and as nginx takes it.</summary>
internal static class Base64Line
{
    /// <summary>
    /// Decodes the standard alphabet. Decoding stops at the first <c>=</c> and ignores what follows; padding may be
    /// missing; <c>=</c> alone is the empty string.
    /// </summary>
    /// <returns>False for any other byte, or a length that leaves a single character over.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out byte[] decoded)
    {
        decoded = [];
        var end = encoded.IndexOf((byte)'=');
        if (end >= 0) encoded = encoded[..end];
        if (encoded.Length % 4 == 1) return false;

        var result = new byte[encoded.Length * 3 / 4];
        var (bits, count, length) = (0, 0, 0);
        foreach (var character in encoded)
        {
            var value = Value(character);
            if (value < 0) return false;
            bits = (bits << 6) | value;
            count += 6;
            if (count < 8) continue;
            count -= 8;
            result[length++] = (byte)(bits >> count);
        }

        decoded = result;
        return true;
    }

    private static int Value(byte character) => character switch
    {
        >= (byte)'A' and <= (byte)'Z' => character - 'A',
        >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };
}
