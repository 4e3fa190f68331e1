namespace MailProxy.Wire.Sasl;

/// <summary>A client's line within a SASL exchange.</summary>
public static class SaslResponse
{
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
