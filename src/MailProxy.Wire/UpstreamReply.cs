namespace MailProxy.Wire;

/// <summary>What the replies of all three protocols' upstreams have in common.</summary>
internal static class UpstreamReply
{
    /// <summary>How long the first line is with its CR LF; 0 where it is not all there. A line feed alone ends none, as in nginx.</summary>
    public static int LineLength(ReadOnlySpan<byte> data) => data.IndexOf("\r\n"u8) is var end and >= 0 ? end + 2 : 0;

    /// <summary>The code in brackets that a text begins with: <c>UNAVAILABLE</c> (RFC 5530), <c>SYS/TEMP</c> (RFC 3206); empty where there is none.</summary>
    /// <param name="text">What follows the status word.</param>
    public static ReadOnlySpan<byte> ResponseCode(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart((byte)' ');
        if (text is not [(byte)'[', ..]) return [];
        var end = text.IndexOfAny("] "u8);
        return end < 0 ? [] : text[1..end];
    }
}
