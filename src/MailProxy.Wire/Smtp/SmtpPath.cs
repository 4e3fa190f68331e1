namespace MailProxy.Wire.Smtp;

/// <summary>The address in the text of a MAIL or RCPT command (RFC 5321, section 4.1.2), without source route, quotes and parameters.</summary>
internal static class SmtpPath
{
    /// <summary>Reads <c>RCPT TO:&lt;@relay:"john"@example.org&gt; NOTIFY=NEVER</c> as <c>john@example.org</c>. Spaces behind the colon and a path without brackets are taken, as servers take them.</summary>
    /// <param name="command">The whole command, without its line end.</param>
    /// <param name="address">The address; empty for <c>&lt;&gt;</c>. The domain may be missing (<c>postmaster</c>).</param>
    /// <returns>False where there is no address.</returns>
    public static bool TryRead(ReadOnlySpan<byte> command, out byte[] address)
    {
        address = [];
        var colon = command.IndexOf((byte)':');
        if (colon < 0) return false;
        var path = command[(colon + 1)..].TrimStart((byte)' ');
        var isBracketed = !path.IsEmpty && path[0] == '<';
        if (isBracketed) path = path[1..];
        var end = FindEnd(path, isBracketed ? (byte)'>' : (byte)' ');
        if (end < 0)
        {
            if (isBracketed) return false;
            end = path.Length;
        }

        path = path[..end];
        if (path.IsEmpty) return isBracketed;
        return TrySkipRoute(ref path) && TryReadMailbox(path, out address);
    }

    /// <summary>The first such byte that is not part of a quoted string.</summary>
    private static int FindEnd(ReadOnlySpan<byte> text, byte wanted)
    {
        var isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (isQuoted && text[i] == '\\') i++;
            else if (text[i] == '"') isQuoted = !isQuoted;
            else if (!isQuoted && text[i] == wanted) return i;
        }

        return -1;
    }

    /// <summary>Servers are to ignore where a message was to go by.</summary>
    private static bool TrySkipRoute(ref ReadOnlySpan<byte> path)
    {
        if (path[0] != '@') return true;
        var depth = 0;
        for (var i = 0; i < path.Length; i++)
        {
            // An address literal has colons of its own.
            if (path[i] == '[') depth++;
            if (path[i] == ']') depth--;
            if (path[i] != ':' || depth != 0) continue;
            path = path[(i + 1)..];
            return !path.IsEmpty;
        }

        return false;
    }

    private static bool TryReadMailbox(ReadOnlySpan<byte> path, out byte[] address)
    {
        address = [];
        var mailbox = new List<byte>(path.Length);
        var at = path[0] == '"' ? ReadQuoted(path, mailbox) : ReadDotString(path, mailbox);
        if (at < 0 || mailbox.Count == 0) return false;
        var rest = path[at..];
        if (rest.Length == 1 || (rest.Length > 1 && (rest[0] != '@' || HasBlank(rest) || rest[1..].Contains((byte)'@')))) return false;
        mailbox.AddRange(rest);
        address = [.. mailbox];
        return true;
    }

    /// <returns>Where the domain begins with its <c>@</c>; -1 where the string has no end.</returns>
    private static int ReadQuoted(ReadOnlySpan<byte> path, List<byte> local)
    {
        for (var i = 1; i < path.Length; i++)
        {
            if (path[i] == '"') return i + 1;
            if (path[i] == '\\' && ++i == path.Length) return -1;
            if (path[i] is < 0x20 or 0x7F) return -1;
            local.Add(path[i]);
        }

        return -1;
    }

    private static int ReadDotString(ReadOnlySpan<byte> path, List<byte> local)
    {
        var at = path.IndexOf((byte)'@');
        var text = at < 0 ? path : path[..at];
        if (HasBlank(text) || text.ContainsAny("<>\"\\"u8)) return -1;
        local.AddRange(text);
        return text.Length;
    }

    private static bool HasBlank(ReadOnlySpan<byte> text) => text.ContainsAnyInRange((byte)0, (byte)0x20) || text.Contains((byte)0x7F);
}
