namespace MailProxy.Wire.Imap;

/// <summary>Replies of an IMAP upstream (RFC 9051, section 7).</summary>
public static class ImapReply
{
    /// <summary>Whether this is the greeting of a server that waits for a login; PREAUTH is none.</summary>
    public static bool IsGreeting(ReadOnlySpan<byte> reply) => reply.StartsWith("* OK"u8);

    /// <summary>Whether the upstream waits for a literal.</summary>
    public static bool IsContinuation(ReadOnlySpan<byte> reply) => reply is [(byte)'+', ..];

    /// <summary>How long the answer to a command is, untagged lines before it included, so that what comes behind it is seen; 0 where it is not all there.</summary>
    public static int Length(ReadOnlySpan<byte> data)
    {
        var length = 0;
        while (UpstreamReply.LineLength(data[length..]) is var line and > 0)
        {
            var isLast = !data[length..].StartsWith("* "u8);
            length += line;
            if (isLast) return length;
        }

        return 0;
    }

    /// <summary>Whether the last line of an answer is this tag's OK.</summary>
    public static bool IsOk(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> tag)
    {
        var last = answer[(answer[..^2].LastIndexOf((byte)'\n') + 1)..];
        return last.StartsWith(tag) && last[tag.Length..].StartsWith(" OK"u8);
    }

    /// <summary>Reads the answer to LOGIN: the tagged line, which one untagged line may precede.</summary>
    /// <param name="data">All that has arrived.</param>
    /// <param name="tag">The command's tag.</param>
    public static ImapLoginAnswer ReadLoginAnswer(ReadOnlySpan<byte> data, ReadOnlySpan<byte> tag)
    {
        if (!UpstreamReply.IsComplete(data)) return ImapLoginAnswer.Incomplete;
        var answer = data;
        if (data.StartsWith("* "u8))
        {
            answer = data[(data.IndexOf((byte)'\n') + 1)..];
            if (answer.IsEmpty) return ImapLoginAnswer.Incomplete;
        }

        return answer.StartsWith(tag) && answer[tag.Length..].StartsWith(" OK"u8) ? ImapLoginAnswer.Ok : ImapLoginAnswer.Failed;
    }
}

/// <summary>What the upstream says of a LOGIN.</summary>
public enum ImapLoginAnswer
{
    /// <summary>Not all of it is there.</summary>
    Incomplete,

    /// <summary>Logged in.</summary>
    Ok,

    /// <summary>Anything else.</summary>
    Failed,
}
