namespace MailProxy.Wire;

/// <summary>One command line of a client. LF alone ends a line as CR LF does; nginx takes both.</summary>
internal static class CommandLine
{
    /// <summary>Takes the first line off the input.</summary>
    /// <param name="input">The unread bytes.</param>
    /// <param name="line">The line without its end.</param>
    /// <param name="consumed">The line's length with its end.</param>
    /// <returns>False when no line feed has arrived yet.</returns>
    public static bool TryRead(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line, out int consumed)
    {
        line = default;
        consumed = 0;
        var end = input.IndexOf((byte)'\n');
        if (end < 0) return false;
        consumed = end + 1;
        line = input[..end];
        if (line is [.., (byte)'\r']) line = line[..^1];
        return true;
    }

    /// <summary>Cuts the line at its first space; a line that begins with one has an empty first word.</summary>
    internal static ReadOnlySpan<byte> FirstWord(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> rest)
    {
        var end = line.IndexOf((byte)' ');
        if (end < 0) end = line.Length;
        rest = line[end..];
        return line[..end];
    }

    /// <summary>Cuts the next word off a line whose words are parted by spaces.</summary>
    /// <param name="rest">The line; becomes what follows the word.</param>
    /// <returns>The word, empty when none is left.</returns>
    internal static ReadOnlySpan<byte> NextWord(scoped ref ReadOnlySpan<byte> rest)
    {
        var word = FirstWord(rest.TrimStart((byte)' '), out var after);
        rest = after;
        return word;
    }
}
