namespace MailProxy.Wire.Sasl;

/// <summary>A client's line within a SASL exchange.</summary>
internal static class SaslResponse
{
    /// <summary>The longest response in bytes, initial ones included, whatever the limits for other lines (RFC 4954, section 4).</summary>
    public const int MaxLength = 12_288;

    /// <summary>The longest line of an exchange, its end included.</summary>
    public const int LineLimit = MaxLength + 2;

    /// <summary>The longest command that begins an exchange: a tag, a verb and a mechanism stand before its initial response.</summary>
    public const int CommandLimit = LineLimit + 128;

    /// <summary>Whether the client gives up (RFC 4954, section 4; RFC 9051, section 6.2.2; RFC 5034, section 4).</summary>
    public static bool IsCancel(ReadOnlySpan<byte> response) => response is [(byte)'*'];

    /// <summary>Reads one line; what follows a space is ignored.</summary>
    /// <param name="input">The unread bytes.</param>
    /// <param name="response">The line's first word; empty for an empty line.</param>
    /// <param name="consumed">The line's length with its end.</param>
    /// <returns><see cref="ParseStatus.Invalid"/> where a CR stands anywhere but before the LF.</returns>
    public static ParseStatus Read(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> response, out int consumed)
    {
        response = default;
        if (!CommandLine.TryRead(input, out var line, out consumed)) return ParseStatus.Incomplete;
        if (line.Contains((byte)'\r')) return ParseStatus.Invalid;
        response = CommandLine.NextWord(ref line);
        return ParseStatus.Complete;
    }
}
