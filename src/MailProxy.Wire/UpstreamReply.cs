namespace MailProxy.Wire;

/// <summary>nginx's framing of an upstream's reply: whatever is there once it ends in a line end.</summary>
public static class UpstreamReply
{
    /// <summary>At least four bytes, the last two CR LF.</summary>
    public static bool IsComplete(ReadOnlySpan<byte> data) => data.Length >= 4 && data.EndsWith("\r\n"u8);

    /// <summary>How long the first line is with its CR LF; 0 where it is not all there.</summary>
    public static int LineLength(ReadOnlySpan<byte> data) => data.IndexOf("\r\n"u8) is var end and >= 0 ? end + 2 : 0;
}
